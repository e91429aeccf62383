/** How much room a JSON value takes on the page, in lines, as far as that can be told without the page. Pure. */
import type { JsonValue } from "#countersign/json/canonical-json.ts";

/** Characters of a line on a phone. */
const LINE_LENGTH = 40;

/** Wide characters, and those that are shown by their codes, take the room of two and more. */
const WIDE = /[^\x20-\x7e\n]/g;

const widthOf = (line: string): number => line.length + (line.match(WIDE)?.length ?? 0);

function linesOfText(text: string): number {
  let lines = 0;
  for (const line of text.split("\n")) lines += Math.max(1, Math.ceil(widthOf(line) / LINE_LENGTH));
  return lines;
}

/** So many lines of a text that comes piece by piece. */
export class Room {
  #lines: number;
  #width = 0;

  constructor(lines: number) {
    this.#lines = lines;
  }

  /** Adds a piece, which is a line's end or has none in it; false if there is no room for it. */
  add(piece: string): boolean {
    const width = piece === "\n" ? this.#width : this.#width + widthOf(piece);
    const lines = Math.max(1, Math.ceil(width / LINE_LENGTH));
    if (lines > this.#lines) return false;
    this.#width = piece === "\n" ? 0 : width;
    if (piece === "\n") this.#lines -= lines;
    return true;
  }
}

/** The lines that `value` takes with its name; counted no further than just beyond `most`. */
export function linesOf(value: JsonValue, name: string, most: number): number {
  const own = linesOfText(name);
  if (typeof value === "string") return own - 1 + linesOfText(value);
  if (typeof value !== "object" || value === null) return own;
  const members = Array.isArray(value) ? value.map((item) => ["", item] as const) : Object.entries(value);
  let lines = own;
  for (const [key, member] of members) {
    if (lines > most) break;
    lines += linesOf(member, key, most - lines);
  }
  return lines;
}

/** How much room a JSON value takes on the page, in lines, as far as that can be told without the page. Pure. */
import { displaySegments, isRarelyShown } from "#countersign/text/display-text.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";

/** Characters of a line on a phone. */
const LINE_LENGTH = 40;

/** A tab, and a character that is shown by its code. */
const TAB_WIDTH = 8;
const CODE_WIDTH = 8;

/** Of a character that is shown as it is: wide ones take the room of two. */
const letterWidth = (character: string): number => (character <= "\x7e" ? 1 : character.length + 1);

/** Characters of a line that a text in one line takes as it is shown. */
function widthOf(line: string): number {
  if (!/[^\x20-\x7e]/.test(line)) return line.length;
  let width = 0;
  for (const { kind, source } of displaySegments(line)) {
    if (kind === "escape") width += CODE_WIDTH;
    else if (kind === "tab") width += TAB_WIDTH;
    else for (const one of source) width += kind === "suspect" && isRarelyShown(one) ? CODE_WIDTH : letterWidth(one);
  }
  return width;
}

/** Counted no further than just beyond `most`. */
function linesOfText(text: string, most: number): number {
  let lines = 0;
  for (const line of text.split("\n")) {
    // As it is shown it takes no less room than it has code units, but for some few of the widest.
    lines += Math.max(1, Math.ceil((line.length > most * LINE_LENGTH ? line.length : widthOf(line)) / LINE_LENGTH));
    if (lines > most) break;
  }
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
  const own = linesOfText(name, most);
  if (typeof value === "string") return own - 1 + linesOfText(value, most);
  if (typeof value !== "object" || value === null) return own;
  const members = Array.isArray(value) ? value.map((item) => ["", item] as const) : Object.entries(value);
  let lines = own;
  for (const [key, member] of members) {
    if (lines > most) break;
    lines += linesOf(member, key, most - lines);
  }
  return lines;
}

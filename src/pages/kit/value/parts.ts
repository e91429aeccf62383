/**
 * A payload cut into parts: pieces of it that each fit on a screen, which take the focus in turn and are seen one by one. Pure, and
 * the cuts are made by what is shown alone, so that one payload has one set of parts on the phone and on the desktop.
 */
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { plainText, type TextPiece } from "../text-view.ts";
import type { Entry } from "../value-view.ts";
import { element, type View, type ViewElement } from "../view.ts";
import { linesOf, Room } from "./measure.ts";

/** The class of a part's element. */
export const PART_CLASS = "part";
/** Lines of a part, at most, unless one value's name alone takes more. */
const MOST_LINES = 12;
/** Characters of a name in the name of a part. */
const LONGEST_NAME = 40;
/** Characters of a path in the name of a part. */
const LONGEST_PATH = 120;

/** A name in as many characters as a line of names can spare. */
export const shortened = (name: string): string => {
  const shown = Array.from(plainText(name));
  return shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME).join("")}…` : shown.join("");
};

/** Where in the payload something stands, and what numbers its parts. */
export class PartPlace {
  readonly #numbers: { last: number };
  readonly #path: string;

  constructor(numbers = { last: 0 }, path = "") {
    this.#numbers = numbers;
    this.#path = path;
  }

  /** The place of what the member or item of this name holds. */
  below(name: string): PartPlace {
    return new PartPlace(this.#numbers, this.#named(name));
  }

  #named(name: string): string {
    const named = this.#path === "" ? shortened(name) : `${this.#path}.${shortened(name)}`;
    // Of what stands deep, where it begins and where it ends.
    return named.length > LONGEST_PATH ? `${named.slice(0, LONGEST_PATH / 2)}…${named.slice(-LONGEST_PATH / 4)}` : named;
  }

  /** The id of the part that comes next. */
  get nextId(): string {
    return `part-${this.#numbers.last + 1}`;
  }

  /** The next part: an element around `children`, named after the first and the last of what is in it. */
  part(first: string, last: string, children: readonly View[]): ViewElement {
    const name = first === last ? this.#named(first) : `${this.#named(first)} … ${shortened(last)}`;
    return this.#partNamed("div", name, children);
  }

  /** The next part, of a long text. */
  partOfText(number: number, count: number, children: readonly View[], tag: "div" | "span" = "span"): ViewElement {
    return this.#partNamed(tag, texts.value.partOfText(this.#path, number, count), children);
  }

  #partNamed(tag: "div" | "span", name: string, children: readonly View[]): ViewElement {
    const id = this.nextId;
    this.#numbers.last += 1;
    return element(tag, { class: PART_CLASS, id, role: "group", tabindex: "0", "aria-label": name }, ...children);
  }
}

/** The lines of a member or an item, with what goes with it; counted no further than just beyond those of a part. */
const linesOfEntry = ({ name, value, later }: Entry): number =>
  linesOf(value, name, MOST_LINES) + (later === undefined ? 0 : linesOf(later.value, later.name, MOST_LINES));

/** Whether a member or an item can be shown within one part. */
export const fitsInPart = (entry: Entry): boolean => linesOfEntry(entry) <= MOST_LINES;

/** Whether a name is so long that it is a part of its own, where what it names is not in one part. */
export const isLongName = (name: string): boolean => linesOf(null, name, 2) > 2;

/** The entries, in groups of neighbours that fit into one part; what does not is a group of its own. */
export function groupsOf(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const lines = linesOfEntry(entry);
    if (lines > room) groups.push([entry]);
    else groups.at(-1)?.push(entry);
    room = lines > room ? MOST_LINES - lines : room - lines;
  }
  return groups;
}

/** The pieces of a long text in parts, one after the other, each as `show` shows it. */
export function textInParts(
  pieces: readonly TextPiece[],
  text: string,
  place: PartPlace,
  show: (pieces: readonly TextPiece[]) => readonly View[],
): View[] {
  const parts: TextPiece[][] = [];
  let room = new Room(MOST_LINES);
  for (const piece of pieces) {
    const isAdded = room.add(text.slice(piece.start, piece.end));
    if (!isAdded) {
      room = new Room(MOST_LINES);
      room.add(text.slice(piece.start, piece.end));
    }
    if (!isAdded || parts.length === 0) parts.push([]);
    parts.at(-1)?.push(piece);
  }
  return parts.map((some, i) => place.partOfText(i + 1, parts.length, show(some)));
}

/** Lines in parts, one after the other; between two lines a line ends. */
export function linesInParts(lines: readonly string[], place: PartPlace): ViewElement[] {
  const parts: string[][] = [];
  let room = 0;
  for (const line of lines) {
    const taken = linesOf(line, "", LONGEST_PATH) || 1;
    if (parts.length === 0 || taken > room) {
      parts.push([]);
      room = MOST_LINES;
    }
    parts.at(-1)?.push(line);
    room -= taken;
  }
  return parts.map((some, i) => place.partOfText(i + 1, parts.length, [some.join("\n")], "div"));
}

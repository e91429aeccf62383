/** Marks on texts and lines below values, found by place. They come with a page's data and change no character. Pure. */
import type { ReadingAids } from "#api/reading-aids.ts";

export type ReadingMark = ReadingAids["marks"][number];
type Note = ReadingAids["notes"][number];

const byPlace = <One extends { at: string[] }>(all: readonly One[]): Map<string, One[]> => {
  const found = new Map<string, One[]>();
  for (const one of all) {
    const key = JSON.stringify(one.at);
    const there = found.get(key);
    if (there === undefined) found.set(key, [one]);
    else there.push(one);
  }
  return found;
};

/** What helps at one place, and from there on. */
export class AidsAt {
  readonly #marks: ReadonlyMap<string, readonly ReadingMark[]>;
  readonly #notes: ReadonlyMap<string, readonly Note[]>;
  readonly #at: readonly string[];

  private constructor(
    marks: ReadonlyMap<string, readonly ReadingMark[]>,
    notes: ReadonlyMap<string, readonly Note[]>,
    at: readonly string[],
  ) {
    this.#marks = marks;
    this.#notes = notes;
    this.#at = at;
  }

  /** At the top; null where nothing helps, so that a large payload costs nothing more. */
  static of({ marks, notes }: Pick<ReadingAids, "marks" | "notes">): AidsAt | null {
    return marks.length + notes.length === 0 ? null : new AidsAt(byPlace(marks), byPlace(notes), []);
  }

  below(name: string): AidsAt {
    return new AidsAt(this.#marks, this.#notes, [...this.#at, name]);
  }

  get marks(): readonly ReadingMark[] {
    return this.#marks.get(JSON.stringify(this.#at)) ?? [];
  }

  get notes(): readonly Note[] {
    return this.#notes.get(JSON.stringify(this.#at)) ?? [];
  }
}

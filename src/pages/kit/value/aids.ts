/** Marks on texts and lines below values, found by place. They come with a page's data and change no character. Pure. */
import type { ReadingAids } from "#api/reading/reading-aids.ts";

export type ReadingMark = ReadingAids["marks"][number];

/** What helps at one place. */
interface Help {
  marks: ReadingMark[];
  notes: ReadingAids["notes"];
}

const NONE: Help = { marks: [], notes: [] };

/** What helps at a place, and from there on. */
export class AidsAt {
  readonly #helps: ReadonlyMap<string, Help>;
  readonly #at: readonly string[];

  private constructor(helps: ReadonlyMap<string, Help>, at: readonly string[]) {
    this.#helps = helps;
    this.#at = at;
  }

  /** At the top of a payload. */
  static of({ marks, notes }: Help): AidsAt {
    const helps = new Map<string, Help>();
    const at = (place: readonly string[]): Help => {
      const key = JSON.stringify(place);
      const help = helps.get(key) ?? { marks: [], notes: [] };
      helps.set(key, help);
      return help;
    };
    for (const one of marks) at(one.at).marks.push(one);
    for (const one of notes) at(one.at).notes.push(one);
    return new AidsAt(helps, []);
  }

  below(name: string): AidsAt {
    return this.#helps.size === 0 ? this : new AidsAt(this.#helps, [...this.#at, name]);
  }

  get here(): Help {
    return this.#helps.get(JSON.stringify(this.#at)) ?? NONE;
  }
}

/** Where nothing helps. */
export const UNAIDED = AidsAt.of({ marks: [], notes: [] });

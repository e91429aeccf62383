/** Marks on texts and lines below values, found by place. They come with a page's data and change no character. Pure. */
import type { ReadingAids } from "#api/reading/reading-aids.ts";

export type ReadingMark = ReadingAids["marks"][number];

/** What helps at one place. */
interface Help {
  /** Of the row that something is said of before anything is read. */
  id: string | null;
  marks: ReadingMark[];
  notes: ReadingAids["notes"];
}

const NONE: Help = { id: null, marks: [], notes: [] };

/** A place as a key. */
const keyOf = (place: readonly string[]): string => JSON.stringify(place);

/** The id of each place that there is something to look at. */
const lookIds = (looks: ReadingAids["looks"] = []): ReadonlyMap<string, string> =>
  new Map([...new Set(looks.map(({ at }) => keyOf(at)))].map((key, i) => [key, `look-${i + 1}`]));

/** What helps at a place, and from there on. */
export class AidsAt {
  readonly #helps: ReadonlyMap<string, Help>;
  readonly #at: readonly string[];

  private constructor(helps: ReadonlyMap<string, Help>, at: readonly string[]) {
    this.#helps = helps;
    this.#at = at;
  }

  /** At the top of a payload. */
  static of({ marks, notes, looks }: Pick<ReadingAids, "marks" | "notes" | "looks">): AidsAt {
    const ids = lookIds(looks);
    const helps = new Map<string, Help>();
    const at = (place: readonly string[]): Help => {
      const key = keyOf(place);
      const help = helps.get(key) ?? { id: ids.get(key) ?? null, marks: [], notes: [] };
      helps.set(key, help);
      return help;
    };
    for (const one of marks) at(one.at).marks.push(one);
    for (const one of notes) at(one.at).notes.push(one);
    for (const one of looks ?? []) at(one.at);
    return new AidsAt(helps, []);
  }

  /** The id of the row at a place below, if there is something to look at. */
  idAt(place: readonly string[]): string | null {
    return this.#helps.get(keyOf([...this.#at, ...place]))?.id ?? null;
  }

  below(name: string): AidsAt {
    return this.#helps.size === 0 ? this : new AidsAt(this.#helps, [...this.#at, name]);
  }

  get here(): Help {
    return this.#helps.get(keyOf(this.#at)) ?? NONE;
  }
}

/** Where nothing helps. */
export const UNAIDED = AidsAt.of({ marks: [], notes: [] });

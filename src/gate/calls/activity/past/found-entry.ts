/** What was done before anybody asked of it, as it is found: what is kept of each, and no more of all than may be kept. */
import { parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { scalarsOf, watchedOf } from "#countersign/policy/judging/past/call.ts";
import type { FoundEntry, KeptEntry } from "./kept-past.ts";
import { charactersOf, MOST, MOST_CHARACTERS } from "./remembered-past.ts";

/** Of arguments that were not kept, or not in full, nothing is known. */
function entryFound({ key, atMs, server, tool, args }: FoundEntry, watch: readonly (readonly string[])[] | null): KeptEntry {
  const read = args === null ? null : parseJson(args);
  const known = read?.ok === true && isObject(read.value) ? read.value : null;
  const kept = known === null ? { scalars: null, isCut: true } : scalarsOf(known);
  return { key, atMs, server, tool, ...kept, watched: known === null ? null : watchedOf(known, watch ?? []), isLearnt: true };
}

/** Whether it is kept under its request: it counts from when that was used. */
export const isUse = ({ key }: Pick<KeptEntry, "key">): boolean => key.startsWith("apr_");

export class Gathered {
  readonly #watch: readonly (readonly string[])[] | null;
  #entries: KeptEntry[] = [];
  /** Calls that people were asked about. */
  readonly #asked = new Map<string, KeptEntry>();
  #taken = 0;
  #characters = 0;

  constructor(watch: readonly (readonly string[])[] | null) {
    this.#watch = watch;
  }

  /** `TakeFound`. */
  readonly take = (found: FoundEntry): boolean => {
    const entry = entryFound(found, this.#watch);
    if (isUse(entry)) this.#asked.set(entry.key, entry);
    else this.#entries.push(entry);
    this.#taken += 1;
    this.#characters += charactersOf(entry);
    return this.#taken < MOST && this.#characters < MOST_CHARACTERS;
  };

  /** Uses, with what was found of their arguments. */
  takeUses(uses: readonly FoundEntry[]): void {
    for (const use of uses) {
      const { scalars, isCut, watched } = this.#asked.get(use.key) ?? NOTHING_KEPT;
      this.#entries.push({ ...entryFound(use, this.#watch), scalars, isCut, watched });
    }
  }

  /** What was taken since the last time. */
  given(): KeptEntry[] {
    const given = this.#entries;
    this.#entries = [];
    return given;
  }
}

const NOTHING_KEPT: Pick<KeptEntry, "scalars" | "isCut" | "watched"> = { scalars: null, isCut: true, watched: null };

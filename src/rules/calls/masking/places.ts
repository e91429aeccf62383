/** Where something was masked and by what, as the record has it: never what it was. */
import { placeBelow } from "#countersign/json/canonical-json.ts";

export interface MaskedPlace {
  /** A path from `$`, with `[*]` for every index. */
  place: string;
  /** The path, key, pattern or detector of the rule, ` + ` between them; `credential` for one of the server's own. */
  by: string;
  times: number;
}

/** Places that are told one by one; what is masked elsewhere is counted under the last. */
const MOST_PLACES = 100;
const ELSEWHERE = "…";
/** Deeper, a place is told by its beginning. */
const DEEPEST = 24;

/** The place of a value, told only where something of it is masked. */
export interface MaskPlace {
  parent: MaskPlace | null;
  step: string | number;
  depth: number;
  text: string | null;
}

export const maskPlaceAt = (step: string): MaskPlace => ({ parent: null, step, depth: 0, text: step });

/** That of a member or item. Deeper than is told, it is that of what holds it. */
export const maskPlaceIn = (parent: MaskPlace, step: string | number): MaskPlace =>
  parent.depth >= DEEPEST ? parent : { parent, step, depth: parent.depth + 1, text: null };

export function maskPlaceText(place: MaskPlace): string {
  if (place.text === null) {
    const parent = place.parent === null ? "" : maskPlaceText(place.parent);
    place.text = typeof place.step === "number" ? `${parent}[*]` : placeBelow(parent, place.step);
  }
  return place.text;
}

/** Counts what is masked. */
export class MaskedPlaces {
  readonly #places = new Map<string, MaskedPlace>();

  add(place: string, by: string, times = 1): void {
    const told =
      this.#places.size < MOST_PLACES || this.#places.has(`${place}\n${by}`) ? { place, by } : { place: ELSEWHERE, by: ELSEWHERE };
    const key = `${told.place}\n${told.by}`;
    const known = this.#places.get(key);
    if (known === undefined) this.#places.set(key, { ...told, times });
    else known.times += times;
  }

  /** What was masked in a message that belongs to the same answer: a server may send any number of them. */
  include(places: readonly MaskedPlace[]): void {
    for (const { place, by, times } of places) this.add(place, by, times);
  }

  list(): MaskedPlace[] {
    return [...this.#places.values()];
  }
}

/**
 * Runs of characters of one kind in a text. Where a run ends is found once, however many begin within it, so that looking for a hundred
 * kinds of token reads the text a few times and no more.
 */
import type { Work } from "../masking/json-text.ts";

export type Alphabet = "alphanumeric" | "word" | "base64url" | "base64" | "upper" | "hex" | "dotted" | "digits";

const CHARACTERS: Readonly<Record<Alphabet, RegExp>> = {
  alphanumeric: /[A-Za-z0-9]/,
  word: /[A-Za-z0-9_]/,
  base64url: /[A-Za-z0-9_-]/,
  base64: /[A-Za-z0-9+/]/,
  upper: /[A-Z0-9]/,
  hex: /[0-9a-f]/,
  dotted: /[A-Za-z0-9_.-]/,
  digits: /[0-9]/,
};

/** By character code, which characters belong to each. */
const BELONGS = Object.fromEntries(
  Object.entries(CHARACTERS).map(([name, pattern]) => [
    name,
    Uint8Array.from({ length: 128 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0)),
  ]),
) as Record<Alphabet, Uint8Array>;

export const belongs = (code: number, alphabet: Alphabet): boolean => BELONGS[alphabet][code] === 1;

export class Runs {
  readonly text: string;
  readonly work: Work;
  readonly #known = new Map<Alphabet, { start: number; end: number }>();

  constructor(text: string, work: Work) {
    this.text = text;
    this.work = work;
  }

  /** Where the run of `alphabet` that `at` is in ends; `at` if it is in none. */
  endOf(alphabet: Alphabet, at: number): number {
    const known = this.#known.get(alphabet);
    if (known !== undefined && known.start <= at && at < known.end) return known.end;
    const is = BELONGS[alphabet];
    let end = at;
    while (is[this.text.charCodeAt(end)] === 1) end++;
    this.work.steps += end - at + 1;
    this.#known.set(alphabet, { start: at, end });
    return end;
  }

  /** Whether a name or number goes on before `at`. */
  isWithin = (at: number): boolean => belongs(this.text.charCodeAt(at - 1), "alphanumeric");
}

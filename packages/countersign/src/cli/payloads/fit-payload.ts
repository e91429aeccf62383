/** What a ready payload has in common: the digest of all that it was made of, and fewer details where all of them would be too many. */
import { hex, sha256, utf8 } from "../../encoding/bytes.ts";
import { canonicalize, type JsonObject } from "../../json/canonical-json.ts";

/** Bytes that a payload of its own may take: below what a request may hold, so that something can stand beside it. */
export const ROOMY_BYTES = 60_000;

export const sha256Of = (text: string): string => hex(sha256(utf8(text)));

/**
 * The first version that fits into `mostBytes` of canonical form, in the order in which they are given; the last one in any case,
 * which has to be of a bounded size. Each version says itself what it leaves out.
 */
export function firstThatFits(versions: readonly (() => JsonObject)[], mostBytes: number): JsonObject {
  let made: JsonObject = {};
  for (const version of versions) {
    made = version();
    if (utf8(canonicalize(made)).length <= mostBytes) return made;
  }
  return made;
}

/** A text that is cut to so many characters, never through a pair of surrogates, and says so. */
export function cutTo(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most).join("")}… (${characters.length - most} characters more)`;
}

/** How many times each word is there, in the order in which they come first. */
export function countsOf(words: readonly string[]): JsonObject {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
}

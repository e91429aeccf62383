/** One text without what rules and credentials mask in it. */
import { detect } from "../secrets/detect.ts";
import type { Credentials } from "./credentials.ts";
import { credentialSpans } from "./credentials.ts";
import type { Work } from "./json-text.ts";
import type { CompiledMask, Masks } from "./masks.ts";
import { matchesOf } from "./patterns.ts";
import { MASKED, maskSpans, type Span } from "./spans.ts";

/** What a masking works with. */
export interface Masking {
  masks: Masks;
  credentials: Credentials;
  work: Work;
}

/** What one mask can uncover for another, such as a pattern that reaches over it, is masked as well: so often, then the whole text. */
const MOST_ROUNDS = 5;

const meets = (one: { start: number; end: number }, other: { start: number; end: number }): boolean =>
  one.start < other.end && other.start < one.end;

/** What the rules find in a text. Of an entry with both, what the detector finds where the pattern matches too. */
function ruleSpans(text: string, rules: readonly CompiledMask[], work: Work): Span[] {
  const wanted = new Set(rules.flatMap(({ detector }) => detector ?? []));
  const detected = wanted.size === 0 ? [] : detect(text, wanted, work);
  // Most texts hold nothing that anybody looks for.
  if (detected.length === 0 && rules.every(({ pattern }) => pattern === null)) return [];
  return rules.flatMap(({ by, pattern, detector }) => {
    const found = detector === null ? null : detected.filter((one) => one.by === detector);
    const matches = pattern === null ? null : matchesOf(pattern, text, work);
    const both = found === null ? (matches ?? []) : matches === null ? found : overlapping(found, matches);
    return both.map(({ start, end }) => ({ start, end, by }));
  });
}

/** Those of `found` that meet one of `matches`; both in order. */
function overlapping<One extends { start: number; end: number }>(
  found: readonly One[],
  matches: readonly { start: number; end: number }[],
): One[] {
  let first = 0;
  return found.filter((one) => {
    while ((matches[first]?.end ?? Infinity) <= one.start) first++;
    const match = matches[first];
    return match !== undefined && meets(one, match);
  });
}

/** Whether a text other than a string, such as a number, holds what the rules mask. */
export function firstFound(text: string, rules: readonly CompiledMask[], { credentials, work }: Masking): string | null {
  return [...credentialSpans(text, credentials), ...ruleSpans(text, rules, work)][0]?.by ?? null;
}

interface Rounds {
  /** What happens to the text before, each time: the values of one that is JSON. */
  before?: (text: string) => string;
  /** Whatever holds this text comes round again. */
  isOnce?: boolean;
}

/** The text, masked. `mark` is told by what, once for each thing. */
export function maskString(
  text: string,
  rules: readonly CompiledMask[],
  masking: Masking,
  mark: (by: string) => void,
  { before = (same) => same, isOnce = false }: Rounds = {},
): string {
  let masked = text;
  for (let round = 0; round < (isOnce ? 1 : MOST_ROUNDS); round++) {
    const inner = before(masked);
    const spans = [...credentialSpans(inner, masking.credentials), ...ruleSpans(inner, rules, masking.work)];
    if (spans.length === 0 && inner === masked) return masked;
    const { text: next, by } = maskSpans(inner, spans);
    by.forEach(mark);
    if (next === masked) return masked;
    masked = next;
  }
  return isOnce ? masked : MASKED;
}

/** A name that no other masked one in its object has: with two alike, a reader would lose one of the members. */
export function numbered(name: string, used: Map<string, number>): string {
  const times = (used.get(name) ?? 0) + 1;
  used.set(name, times);
  return times === 1 ? name : name.replace(/\[masked\](?!.*\[masked\])/s, `[masked ${times}]`);
}

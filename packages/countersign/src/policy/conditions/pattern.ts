/** Regular expressions of conditions: RE2, whose time grows with the text alone, and few enough to compile. */
import { RE2JS } from "@bufbuild/re2";
import { accept, refuse, type Result } from "../../result.ts";

const LONGEST_PATTERN = 500;
/** What one pattern may weigh: what it takes to compile grows with its counted repetitions, and with classes of Unicode in them. */
const HEAVIEST_PATTERN = 300;
/** Patterns that stay compiled in this process; what is beyond is compiled again. */
const MOST_KEPT = 2_000;

const compiled = new Map<string, RE2JS>();

/** How much there is to compile: repetitions counted out, times classes of Unicode. */
function weightOf(pattern: string): number {
  const counts = [...pattern.matchAll(/\{([0-9]+)(?:,([0-9]*))?\}/g)].map(([, least, most]) =>
    Number(most === undefined || most === "" ? least : most),
  );
  const repeated = counts.reduce((sum, count) => sum + count, 0);
  return (1 + repeated) * (1 + (pattern.match(/\\[pP]/g)?.length ?? 0));
}

/** A counted repetition of what holds a counted repetition multiplies both. */
const NESTED_COUNTS = /\{[0-9,]+\}[^()]*\)[*+?]?\{[0-9]/;

/** Whether a pattern may be used, with what it weighs against all patterns of a policy, or why not. */
export function checkPattern(pattern: string): Result<number, string> {
  if (pattern.length > LONGEST_PATTERN) return refuse(`a pattern has at most ${LONGEST_PATTERN} characters`);
  const weight = weightOf(pattern);
  if (weight > HEAVIEST_PATTERN || NESTED_COUNTS.test(pattern)) return refuse("its counted repetitions are too many");
  try {
    patternOf(pattern);
    return accept(weight);
  } catch (error) {
    if (error instanceof Error) return refuse(error.message.replace(/^error parsing regexp: /, ""));
    throw error;
  }
}

function patternOf(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= MOST_KEPT) compiled.clear();
  const made = RE2JS.compile(pattern);
  compiled.set(pattern, made);
  return made;
}

/** Whether the text holds what the pattern, which passed `checkPattern`, describes. */
export const containsMatch = (pattern: string, text: string): boolean => patternOf(pattern).test(text);

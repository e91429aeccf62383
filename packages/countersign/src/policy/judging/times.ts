/** How long people have, and how long what they approve may be used. Pure. */
import type { Applied } from "./choose.ts";
import type { CompiledRule } from "./compiled.ts";
import type { PolicyFacts } from "./facts.ts";

/** In seconds. */
export interface JudgedTimes {
  expiresIn: number;
  /** As long as people may have at most. */
  longest: number;
  useWithin: number;
  /** What the agent asked for and did not get in full. */
  shortened: ("expires_in" | "use_within")[];
}

/** The shortest of what the rules give: what the agent asks for, as far as each lets it, or the rule's own time. */
export function timesOf(all: readonly Applied[], { asked }: PolicyFacts): JudgedTimes {
  const least = (wanted: number | null, own: (rule: CompiledRule) => number, most: (rule: CompiledRule) => number): number =>
    Math.min(...all.map(({ rule }) => Math.min(wanted ?? own(rule), most(rule))));
  const expiresIn = least(
    asked.expiresIn,
    (rule) => rule.expiresIn,
    (rule) => rule.expiresInMax,
  );
  const useWithin = least(
    asked.useWithin,
    (rule) => rule.useWithin,
    (rule) => rule.useWithinMax,
  );
  const shortened: JudgedTimes["shortened"] = [];
  if (asked.expiresIn !== null && expiresIn < asked.expiresIn) shortened.push("expires_in");
  if (asked.useWithin !== null && useWithin < asked.useWithin) shortened.push("use_within");
  const longest = Math.min(...all.map(({ rule }) => rule.expiresInMax));
  return { expiresIn, longest, useWithin, shortened };
}

/** What conditions are judged over, and how much they may do. Compiling them is condition.ts. */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import type { PastAnswers } from "../judging/past/question.ts";
import type { Outline } from "./outline.ts";

/** What conditions are over. */
export interface ConditionFacts {
  args: JsonObject;
  action: string;
  tool: { server: string; name: string; hints: Readonly<Record<string, boolean>> };
  agent: { name: string; owner: string; groups: readonly string[]; chain: readonly string[] };
  caller: { issuer: string; subject: string; groups: readonly string[] };
  now: Date;
  lists: Readonly<Record<string, readonly (string | number)[]>>;
  history: PastFacts;
}

/** What conditions on calls of the past are over. */
export type PastCallFacts = Pick<ConditionFacts, "args" | "lists">;

/** What is known of the past, as conditions ask it: by the names of their questions alone. */
export class PastFacts {
  readonly #answers: PastAnswers | null;

  constructor(answers: PastAnswers | null) {
    this.#answers = answers;
  }

  /** Throws if it is not known, or not of that type. */
  count(key: string): bigint {
    return BigInt(this.sum(key));
  }

  sum(key: string): number {
    const answer = this.#answers?.[key];
    if (typeof answer !== "number") throw new TypeError("the past is not known");
    return answer;
  }

  any(key: string): boolean {
    const answer = this.#answers?.[key];
    if (typeof answer !== "boolean") throw new TypeError("the past is not known");
    return answer;
  }
}

/** Facts with how long the longest list or text in them is, and how many steps conditions may still take over them. */
export interface Workload {
  facts: ConditionFacts | PastCallFacts;
  longest: number;
  stepsLeft: number;
}

export interface RuleCondition {
  readonly source: string;
  readonly outline: Outline;
  /** Whether it holds; null if it fails. Takes its steps from what is left. */
  readonly holds: (work: Workload) => boolean | null;
}

/** Steps of all conditions in one judgement. */
export const STEPS_A_JUDGEMENT = 50_000_000;

/** How long the longest list, map or text of a value is. */
export function longestIn(value: JsonValue | readonly JsonValue[]): number {
  let longest = 0;
  const waiting: unknown[] = [value];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one === "string") longest = Math.max(longest, one.length);
    else if (typeof one === "object" && one !== null) {
      const entries: unknown[] = Array.isArray(one) ? one : Object.entries(one).flat();
      longest = Math.max(longest, entries.length);
      for (const entry of entries) waiting.push(entry);
    }
  }
  return longest;
}

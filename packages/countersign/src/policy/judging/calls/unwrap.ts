/**
 * Which call a call really is, where a server's one tool calls others (`unwrap`): the first rule that matches and says so decides that, and
 * from then on the call is judged as that one, by every rule again. Pure.
 */
import type { JsonObject } from "../../../json/canonical-json.ts";
import type { Workload } from "../../conditions/workload.ts";
import type { CompiledPolicy, CompiledRule } from "../compiled.ts";
import type { PolicyFacts } from "../facts.ts";
import { conditionHolds, fitsMatch, workloadOf } from "../matching.ts";

/** The call that another one holds. */
export interface UnwrappedCall {
  /** The rule that says so. */
  rule: string;
  tool: string;
  args: JsonObject;
}

/** What people are told it is: nothing but a name. */
const INNER_NAME = /^[A-Za-z0-9_.:/-]{1,128}$/;

/** Whether a rule says which call it really is, and nothing observes it only. */
export const isUnwrapping = ({ unwrap, observes }: CompiledRule, { source }: Pick<PolicyFacts, "source">): boolean =>
  unwrap !== null && !observes && source === "call";

/** Null where it fails: it gives no name, or no arguments. */
export function unwrappedCall({ name, unwrap }: CompiledRule, work: Workload): UnwrappedCall | null {
  const [tool, args] = [unwrap?.tool.value(work), unwrap?.args.value(work)];
  if (tool === undefined || args === undefined || !INNER_NAME.test(tool)) return null;
  return { rule: name, tool, args };
}

/** What is judged then. */
export const factsOfUnwrapped = (facts: PolicyFacts, { tool, args }: UnwrappedCall): PolicyFacts => ({
  ...facts,
  tool,
  args,
  hints: facts.hintsOf?.(tool) ?? null,
});

/** As what a call may come to be judged, before the past is known: itself, unless a rule without doubt says which call it is. */
export function possibleFacts(policy: CompiledPolicy, facts: PolicyFacts): PolicyFacts {
  if (!policy.rules.some((rule) => isUnwrapping(rule, facts))) return facts;
  const work = workloadOf(policy, { ...facts, past: null });
  for (const rule of policy.rules) {
    if (rule.observes || !fitsMatch(rule, facts)) continue;
    const holds = conditionHolds(rule.when, work);
    if (isUnwrapping(rule, facts) && holds !== false) {
      const call = unwrappedCall(rule, work);
      return call === null ? facts : factsOfUnwrapped(facts, call);
    }
    if (holds === true) return facts;
  }
  return facts;
}

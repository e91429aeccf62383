/** How a call may come to be handled, before the agent's past is known: by whichever of the rules may decide it or be carried. */
import type { CompiledPolicy, CompiledRule } from "../compiled.ts";
import type { PolicyFacts } from "../facts.ts";
import { type CallHandling, strictestHandling } from "../handling.ts";
import { possibleFacts } from "../calls/unwrap.ts";
import { conditionHolds, fitsMatch, workloadOf } from "../matching.ts";

/** The strictest of each; never less strict than what it comes to, whatever the answers are. */
export function possibleHandling(policy: CompiledPolicy, facts: PolicyFacts): CallHandling {
  const inside = possibleFacts(policy, facts);
  const outer = possibleRules(policy, facts);
  return strictestHandling(inside === facts ? outer : [...outer, ...possibleRules(policy, inside)]);
}

function possibleRules(policy: CompiledPolicy, facts: PolicyFacts): CompiledRule[] {
  const work = workloadOf(policy, { ...facts, past: null });
  const possible: CompiledRule[] = [];
  for (const rule of policy.rules) {
    if (rule.observes || !fitsMatch(rule, facts)) continue;
    const holds = conditionHolds(rule.when, work);
    // What cannot be told without the past fails here.
    if (holds !== false) possible.push(rule);
    if (holds === true) return possible;
  }
  return [...possible, policy.defaults];
}

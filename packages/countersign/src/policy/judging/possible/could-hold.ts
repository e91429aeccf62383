/** Whether people could ever be asked about a call of a tool, whatever its arguments and the time: what is listed to agents says so. */
import { mostOf } from "../anomaly.ts";
import type { CompiledPolicy, CompiledRule } from "../compiled.ts";
import type { PolicyFacts } from "../facts.ts";
import { fitsMatch } from "../matching.ts";

/** A tool, and the agent that may call it. */
export interface CallOfTool extends Pick<PolicyFacts, "hints"> {
  server: string;
  tool: string;
  agent: Pick<PolicyFacts["agent"], "name" | "groups">;
}

/**
 * True wherever some arguments at some time could make `judge` ask people; also where that is not known: conditions are not looked into,
 * and may hold, fail or neither. `policy` null: version 0, which asks about everything.
 */
export function couldHold(policy: CompiledPolicy | null, { server, tool, hints, agent }: CallOfTool): boolean {
  if (policy === null || policy.observes) return true;
  const { anomaly } = policy;
  // What would pass is held where it is unusual enough.
  const holdsUnusual = anomaly !== null && mostOf(anomaly) >= anomaly.threshold;
  const asks = (rule: CompiledRule) => asksPeople(rule) || (holdsUnusual && rule.effect === "allow");
  const call = { source: "call", server, tool, action: null, hints, agent } as const;
  for (const rule of policy.rules) {
    if (rule.observes || !fitsMatch(rule, call)) continue;
    // As what call it will be judged is not known.
    if (asks(rule) || rule.unwrap !== null) return true;
    // Without a condition it matches: none behind it is judged.
    if (rule.when === null) return false;
  }
  return asks(policy.defaults);
}

/** Whether what a rule comes to, at some time, is asking. */
const asksPeople = ({ effect, outside }: CompiledRule): boolean =>
  effect === "require_approval" || (effect === "allow" && outside !== null);

/** A call that is refused whatever the policy says of it, because somebody has denied the like of it a while ago. */
import { timestamp } from "#countersign/documents/words.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { AcceptedTool, ServerInForce } from "#rules/calls/server-settings.ts";
import type { Failure } from "#rules/failure.ts";
import { argumentsHash, deniedBy, kindOf, type PatternRefusal, refusedByPattern } from "#rules/policies/denied-pattern.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";

/** `name`: where it is no accepted tool. */
export interface CalledTool {
  server: ServerInForce;
  tool: AcceptedTool | null;
  name?: string;
  args: JsonObject;
}

/** By what it is refused; null if nobody has denied the like of it. */
export function patternOfCall({ server, tool, name = "", args }: CalledTool, facts: AgentFacts, nowMs: number): PatternRefusal | null {
  if (facts.patterns === undefined) return null;
  const called = kindOf(server.settings.name, tool?.name ?? name, "");
  const found = deniedBy(facts.patterns, called, argumentsHash(args), timestamp(nowMs));
  return found === null ? null : refusedByPattern(found);
}

/** The same as it is told. */
export function deniedAlike(call: CalledTool, facts: AgentFacts, nowMs: number): Failure | null {
  const pattern = patternOfCall(call, facts, nowMs);
  return pattern === null ? null : agentFailure(pattern);
}

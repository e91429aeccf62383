/** What would become of an ask, without asking: judged as asking judges it but for the agent's past, and nothing is opened. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { CheckedAsk } from "#rules/agent-calls.ts";
import type { PatternRefusal } from "#rules/policies/denied-pattern.ts";
import { type AskingAgent, isDelegated, type OpenPorts, patternOfAsk } from "./open-approval.ts";
import { type JudgedAsk, judgeAsk } from "./judge-ask.ts";

/** The judgement, and the usernames of everybody who could approve. */
export interface ExplainedAsk {
  judged: JudgedAsk;
  usernames: ReadonlyMap<string, string>;
}

/** Refuses an agent that is stopped, and what a person has denied the like of, as asking does. Throws if what is in force cannot be known. */
export async function explainPolicy(
  ask: CheckedAsk,
  agent: AskingAgent,
  ports: Pick<OpenPorts, "index" | "policyOf" | "now">,
): Promise<Result<ExplainedAsk, { reason: "agent-stopped" | "not-delegated" } | PatternRefusal>> {
  const [facts, { people }] = await Promise.all([agent.facts(), ports.index.approvers([])]);
  if (facts.isStopped) return refuse({ reason: "agent-stopped" });
  if (!isDelegated(ask, facts)) return refuse({ reason: "not-delegated" });
  const pattern = patternOfAsk(ask, facts, ports.now());
  if (pattern !== null) return refuse(pattern);
  const policy = await ports.policyOf(facts.epoch);
  const judged = judgeAsk(ask, agent, policy, { agent: facts, approvers: people }, ports.now(), null);
  return accept({ judged, usernames: new Map(people.map(({ id, username }) => [id, username])) });
}

/**
 * An admin sends themselves a test request in an agent's name: judged by the policy, counted and told of as any request of this agent, and good
 * for nothing (rules/agents/test-request.ts). It is narrowed to that admin, so that it asks nobody else, and is refused where they may not decide.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { testAsk } from "#rules/agents/test-request.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { type AskRefusal, openApproval, type OpenPorts } from "../open-approval.ts";

/** The agent in whose name it is, and by what it is judged. */
interface Tested {
  agent: { id: string; owner: string };
  facts: AgentFacts;
}

export interface TestRequestPorts extends OpenPorts {
  /** The agent of this id, if it stands, from the D1 primary; null if it does not. Throws if that cannot be known. */
  standingAgent(id: string): Promise<Tested | null>;
}

type TestRequestRefusal = AskRefusal | { reason: "unknown-agent" };

/** Gives the id of the request; one that is open still is found again. */
export async function sendTestRequest(
  agentId: string,
  by: { username: string },
  ports: TestRequestPorts,
): Promise<Result<{ requestId: string; isNew: boolean }, TestRequestRefusal>> {
  const found = await ports.standingAgent(agentId);
  if (found === null) return refuse({ reason: "unknown-agent" });
  const asker = {
    ...found.agent,
    facts: async (again?: "again") => {
      const now = again === undefined ? found : await ports.standingAgent(agentId);
      if (now === null) throw new Error("of an agent that does not stand nothing is judged");
      return now.facts;
    },
    // Nobody calls with its key.
    admitted: () => Promise.resolve(null),
  };
  const opened = await openApproval(testAsk(by.username), asker, ports);
  return opened.ok ? accept({ requestId: opened.value.snapshot.request.id, isNew: opened.value.isNew }) : opened;
}

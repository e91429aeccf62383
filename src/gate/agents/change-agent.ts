/** An agent's groups change by admins' signatures over what they shall be, also where that narrows them. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { agentChangeKey } from "#countersign/documents/leaf-key.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import type { AgentEffect } from "./agent-effects.ts";

interface ChangingAgent {
  id: string;
  name: string;
  owner: string;
  revokedAt: string | null;
  groups: string[];
  /** Those above it; null: nobody is. */
  chain: readonly unknown[] | null;
  /** How often its groups were signed for. */
  changes: number;
}

export interface ChangePorts extends SignaturePorts, AppendPorts<AgentEffect> {
  /** The agent, revoked or not, from the D1 primary; null if there is none. */
  agentById(id: string): Promise<ChangingAgent | null>;
}

/** What an agent shall be; its groups in their one order, so that two admins sign the same. */
export interface AgentStanding {
  agentId: string;
  groups: string[];
}

type UnknownAgent = { reason: "unknown-agent" };
export type ChangeRefusal = AuthorisationRefusal | UnknownAgent;

/** Why a change is not written, by the condition of its batch that does not hold. */
export const CHANGE_REFUSALS = { agent_stands: "unknown-agent", change_is_next: "changed-meanwhile" } as const;

/** So often it is counted anew, if other admins change the same agent at the same moment. */
const TRIES = 5;

const change = ({ id, name, owner }: ChangingAgent, groups: readonly string[]): AdminOperation<"agent.changed"> => ({
  operation: "agent.changed",
  parameters: { agent: { id, name, owner }, groups: [...groups] },
});

async function standingAgent(agentId: string, ports: Pick<ChangePorts, "agentById">): Promise<ChangingAgent | null> {
  const agent = await ports.agentById(agentId);
  // One below another is in the groups of the agent at the top, and in none of its own.
  return agent === null || agent.revokedAt !== null || agent.chain !== null ? null : agent;
}

/** The statement under which `adminId` changes it. */
export async function draftAgentChange(
  { agentId, groups }: AgentStanding,
  adminId: string,
  ports: StatementPorts & Pick<ChangePorts, "agentById">,
): Promise<Result<AdminStatement, UnknownAgent>> {
  const agent = await standingAgent(agentId, ports);
  return agent === null ? refuse({ reason: "unknown-agent" }) : accept(draftAdminStatement(adminId, change(agent, groups), ports));
}

/** What a statement changes, and to which groups; null if it is no change of an agent. */
export function changeOfStatement(
  statement: AdminStatement,
): { agent: Pick<ChangingAgent, "id" | "name" | "owner">; groups: string[] } | null {
  const parameters = parametersOf("agent.changed", statement);
  return parameters && { agent: parameters.agent, groups: parameters.groups };
}

/**
 * 1. the agent stands; 2. enough admins signed for exactly this; 3. groups, leaf and spent nonces are written together, as the next change
 * of this agent. Which one that is nobody signs for: if another was written first, it is the one after.
 */
export async function changeAgent(
  { agentId, groups }: AgentStanding,
  adminId: string,
  brought: readonly Authorisation[],
  ports: ChangePorts,
): Promise<Result<SignatureProgress, ChangeRefusal>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const agent = await standingAgent(agentId, ports); // 1
    if (agent === null) return refuse({ reason: "unknown-agent" });
    const number = agent.changes + 1;
    const changed = await signedChange(
      {
        operation: change(agent, groups), // 2
        key: agentChangeKey(agentId, number),
        effect: (_, authorised): AgentEffect => ({ kind: "agent-changed", agentId, number, groups, authorised }), // 3
        refusals: CHANGE_REFUSALS,
        otherLeaf: "changed-meanwhile",
        stands: async () => JSON.stringify((await ports.agentById(agentId))?.groups) === JSON.stringify(groups),
      },
      adminId,
      brought,
      ports,
    );
    if (changed.ok) return accept(progressOf(changed.value));
    const { refusal } = changed;
    if (refusal.reason !== "changed-meanwhile") return refuse(refusal as ChangeRefusal);
  }
  throw new Error("this agent is changed faster than it can be changed");
}

/** An agent's groups and its name change by admins' signatures over what they shall be, also where that narrows what it may do. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { agentChangeKey } from "#countersign/documents/leaf-key.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import type { AgentEffect } from "./agent-effects.ts";
import { type AgentPorts, isNameTaken, type NewAgent } from "./create-agent.ts";

interface ChangingAgent {
  id: string;
  name: string;
  owner: string;
  revokedAt: string | null;
  groups: string[];
  /** Those above it; null: nobody is. */
  chain: readonly unknown[] | null;
  /** How often they were signed for. */
  changes: number;
}

export interface ChangePorts extends SignaturePorts, AppendPorts<AgentEffect> {
  /** The agent, revoked or not, from the D1 primary; null if there is none. */
  agentById(id: string): Promise<ChangingAgent | null>;
  standingAgents: AgentPorts["standingAgents"];
}

/** What an agent shall be; its groups in their one order, so that two admins sign the same. Left out, the name stays. */
export interface AgentStanding {
  agentId: string;
  name?: string | undefined;
  groups: string[];
}

type NotToDraft = { reason: "unknown-agent" | "name-of-another-agent" };
export type ChangeRefusal = AuthorisationRefusal | NotToDraft | { reason: "named-by-others" };

/** Why a change is not written, by the condition of its batch that does not hold. */
export const CHANGE_REFUSALS = {
  agent_stands: "unknown-agent",
  name_is_free: "name-of-another-agent",
  none_below: "named-by-others",
  change_is_next: "changed-meanwhile",
} as const;

/** So often it is counted anew, if other admins change the same agent at the same moment. */
const TRIES = 5;

const change = ({ id, name, owner }: NewAgent, groups: readonly string[]): AdminOperation<"agent.changed"> => ({
  operation: "agent.changed",
  parameters: { agent: { id, name, owner }, groups: [...groups] },
});

/**
 * The agent as it is, and as it shall be called. A name that stays is not looked at; another one must be nobody else's, nor look like it.
 */
async function standingAgent(
  { agentId, name }: Pick<AgentStanding, "agentId" | "name">,
  ports: Pick<ChangePorts, "agentById" | "standingAgents">,
): Promise<Result<{ agent: ChangingAgent; named: NewAgent }, NotToDraft>> {
  const agent = await ports.agentById(agentId);
  // One below another is in the groups of the agent at the top, and in none of its own.
  if (agent === null || agent.revokedAt !== null || agent.chain !== null) return refuse({ reason: "unknown-agent" });
  const named = { id: agent.id, name: name ?? agent.name, owner: agent.owner };
  if (named.name !== agent.name && (await isNameTaken(named, ports))) return refuse({ reason: "name-of-another-agent" });
  return accept({ agent, named });
}

/** The statement under which `adminId` changes it. */
export async function draftAgentChange(
  { agentId, name, groups }: AgentStanding,
  adminId: string,
  ports: StatementPorts & Pick<ChangePorts, "agentById" | "standingAgents">,
): Promise<Result<AdminStatement, NotToDraft>> {
  const found = await standingAgent({ agentId, name }, ports);
  return found.ok ? accept(draftAdminStatement(adminId, change(found.value.named, groups), ports)) : found;
}

/** What a statement changes, under which name and to which groups; null if it is no change of an agent. */
export function changeOfStatement(
  statement: AdminStatement,
): { agent: Pick<ChangingAgent, "id" | "name" | "owner">; groups: string[] } | null {
  const parameters = parametersOf("agent.changed", statement);
  return parameters && { agent: parameters.agent, groups: parameters.groups };
}

/**
 * 1. the agent stands, and no other that does could be taken for it under its name; 2. enough admins signed for exactly this; 3. name, groups,
 * leaf and spent nonces are written together, as the next change of this agent: a new name only while nobody below it is judged by the one
 * before. Which change that is nobody signs for: if another was written first, it is the one after.
 */
export async function changeAgent(
  { agentId, name, groups }: AgentStanding,
  adminId: string,
  brought: readonly Authorisation[],
  ports: ChangePorts,
): Promise<Result<SignatureProgress, ChangeRefusal>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await standingAgent({ agentId, name }, ports); // 1
    if (!found.ok) return found;
    const { agent, named } = found.value;
    const number = agent.changes + 1;
    const isRenamed = named.name !== agent.name;
    const changed = await signedChange(
      {
        operation: change(named, groups), // 2
        key: agentChangeKey(agentId, number),
        effect: (at, authorised): AgentEffect => ({
          kind: "agent-changed",
          agentId,
          number,
          name: named.name,
          isRenamed,
          groups,
          at,
          authorised,
        }), // 3
        refusals: CHANGE_REFUSALS,
        otherLeaf: "changed-meanwhile",
        stands: async () => {
          const now = await ports.agentById(agentId);
          return now?.name === named.name && JSON.stringify(now.groups) === JSON.stringify(groups);
        },
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

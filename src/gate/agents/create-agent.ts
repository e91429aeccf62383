/** An agent is made by admins' passkeys over its name. Its key is shown once and kept as a hash. */
import { API_KEY_RANDOM_BYTES, apiKeyFrom, apiKeyHash, shownPrefix } from "#countersign/documents/api-key.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { lookOf } from "#rules/names.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts, SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";
import { signedChange } from "#gate/signatures/signed-change.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { AgentEffect } from "./agent-effects.ts";

export interface AgentPorts extends SignaturePorts, AppendPorts<AgentEffect> {
  /** The agents that stand, from the D1 primary. */
  standingAgents(): Promise<{ id: string; name: string }[]>;
}

export type CreationRefusal = AuthorisationRefusal | NameTaken;

/** An agent has a name that looks the same. */
interface NameTaken {
  reason: "name-of-another-agent";
}

export interface NewAgent {
  id: string;
  name: string;
  /** The person who answers for it: the admin who asked for it first. */
  owner: string;
}

/** Made, with the key for whose signature was the last; or how many admins have signed so far. */
export type CreatedAgent =
  | { created: true; id: string; name: string; key: string }
  | { created: false; signatures: number; required: number };

const creation = (agent: NewAgent): AdminOperation<"agent.created"> => ({
  operation: "agent.created",
  parameters: { agent: { ...agent } },
});

/** The statement under which `adminId` makes an agent of this name. */
export const draftAgent = (name: string, adminId: string, ports: DraftPorts): Promise<Result<AdminStatement, NameTaken>> =>
  draftProposedAgent({ id: `agt_${b64u(ports.random(16))}`, name, owner: adminId }, adminId, ports);

/** The statement under which `adminId` makes an agent that another admin has signed for. */
export async function draftProposedAgent(agent: NewAgent, adminId: string, ports: DraftPorts): Promise<Result<AdminStatement, NameTaken>> {
  if (await isNameTaken(agent, ports)) return refuse({ reason: "name-of-another-agent" });
  return accept(draftAdminStatement(adminId, creation(agent), ports));
}

type DraftPorts = StatementPorts & Pick<AgentPorts, "standingAgents">;

/** Whether an agent that stands has a name that looks the same. */
export const isNameTaken = async (
  { id, name }: Pick<NewAgent, "id" | "name">,
  ports: Pick<AgentPorts, "standingAgents">,
): Promise<boolean> => (await ports.standingAgents()).some((other) => other.id !== id && lookOf(other.name) === lookOf(name));

/** The agent that a statement makes; null if it makes none. */
export const agentOfStatement = (statement: AdminStatement): NewAgent | null => parametersOf("agent.created", statement)?.agent ?? null;

/**
 * 1. no agent that stands could be taken for it; 2. enough admins signed for one of this name, whose id and owner the server chose, as
 * their nonces tell; 3. agent, leaf and spent nonces are written together. Gives the key, which is stored nowhere: of two last signatures at the same moment the key
 * is in one answer alone.
 */
export async function createAgent(
  name: string,
  adminId: string,
  authorisedBy: readonly Authorisation[],
  ports: AgentPorts,
): Promise<Result<CreatedAgent, CreationRefusal>> {
  const signed = authorisedBy[0] === undefined ? null : agentOfStatement(authorisedBy[0].statement);
  const agent: NewAgent = { id: signed?.id ?? "", name, owner: signed?.owner ?? "" };
  if (await isNameTaken(agent, ports)) return refuse({ reason: "name-of-another-agent" }); // 1

  const key = apiKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  const keyHash = apiKeyHash(key);
  const change = {
    operation: creation(agent), // 2
    effect: (at: string, authorised: SpentAuthorisation): AgentEffect => ({
      kind: "agent-created",
      agent: { ...agent, keyHash, createdAt: at, maker: adminId, prefix: shownPrefix(key) },
      authorised,
    }), // 3
    refusals: { name_is_free: "name-of-another-agent" } as const,
  };
  const outcome = await signedChange(change, adminId, authorisedBy, ports);
  if (!outcome.ok) return outcome;
  const { made, ...counts } = outcome.value;
  return accept(made === "by-this-call" ? { created: true, id: agent.id, name, key } : { created: false, ...counts });
}

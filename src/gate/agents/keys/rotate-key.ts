/**
 * An agent gets another key, by admins' passkeys: a new key is authority, as a new agent is. It is shown once and kept as a hash. The one
 * before serves for as long after that as was signed for, so that whoever uses it has time to take the other.
 */
import { API_KEY_RANDOM_BYTES, apiKeyFrom, apiKeyHash, shownPrefix } from "#countersign/documents/api-key.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { relianceOver } from "#rules/lease.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts, SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";
import { signedChange } from "#gate/signatures/signed-change.ts";
import type { AgentEffect } from "../agent-effects.ts";

interface RotatedAgent {
  id: string;
  name: string;
  owner: string;
  revokedAt: string | null;
  /** Those above it; null: nobody is. */
  chain: readonly unknown[] | null;
  /** The how-manieth of its keys it has. */
  keyNumber: number;
}

export interface RotationPorts extends SignaturePorts, AppendPorts<AgentEffect> {
  /** The agent, revoked or not, from the D1 primary; null if there is none. */
  agentById(id: string): Promise<RotatedAgent | null>;
  /** As revoke-agent.ts has it. */
  standingChanged(agentId: string): Promise<void>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

/** Which key is replaced, by the how-manieth of its agent it is, and for how many hours it serves after that. */
export interface Rotation {
  agentId: string;
  number: number;
  overlapHours: number;
}

type Unknown = { reason: "unknown-agent" };
export type RotationRefusal = AuthorisationRefusal | Unknown | { reason: "rotated-meanwhile" };

/** Rotated, with the key for whose signature was the last; or how many admins have signed so far. */
export type RotatedKey =
  | { rotated: true; key: string; number: number; endsAt: string }
  | { rotated: false; signatures: number; required: number };

/** Why it is not written, by the condition of its batch that does not hold. */
export const ROTATION_REFUSALS = { agent_stands: "unknown-agent", change_is_next: "rotated-meanwhile" } as const;

const HOUR_MS = 3_600_000;

const rotation = (
  { id, name, owner }: Pick<RotatedAgent, "id" | "name" | "owner">,
  { number, overlapHours }: Omit<Rotation, "agentId">,
): AdminOperation<"agent.key_rotated"> => ({
  operation: "agent.key_rotated",
  parameters: { agent: { id, name, owner }, number, overlap_hours: overlapHours },
});

/** One that stands. One below another gets its key from that one, and for a while only. */
async function standingAgent(agentId: string, ports: Pick<RotationPorts, "agentById">): Promise<RotatedAgent | null> {
  const agent = await ports.agentById(agentId);
  return agent === null || agent.revokedAt !== null || agent.chain !== null ? null : agent;
}

/** The statement under which `adminId` has the key replaced that the agent has now. */
export async function draftKeyRotation(
  { agentId, overlapHours }: Omit<Rotation, "number">,
  adminId: string,
  ports: StatementPorts & Pick<RotationPorts, "agentById">,
): Promise<Result<AdminStatement, Unknown>> {
  const agent = await standingAgent(agentId, ports);
  if (agent === null) return refuse({ reason: "unknown-agent" });
  return accept(draftAdminStatement(adminId, rotation(agent, { number: agent.keyNumber, overlapHours }), ports));
}

/** Which rotation a statement is for; null if it is for none. */
export function rotationOfStatement(
  statement: AdminStatement,
): { agent: Pick<RotatedAgent, "id" | "name" | "owner">; number: number; overlapHours: number } | null {
  const parameters = parametersOf("agent.key_rotated", statement);
  return parameters && { agent: parameters.agent, number: parameters.number, overlapHours: parameters.overlap_hours };
}

/**
 * 1. the agent stands, and has the key that is to be replaced; 2. enough admins signed for exactly this; 3. the new key, who is shown it, the end
 * of the old one, leaf and spent nonces are written together; 4. without an overlap no call with the old key is answered after this is. Of two
 * last signatures at the same moment the key is in one answer alone.
 */
export async function rotateKey(
  { agentId, number, overlapHours }: Rotation,
  adminId: string,
  brought: readonly Authorisation[],
  ports: RotationPorts,
): Promise<Result<RotatedKey, RotationRefusal>> {
  const agent = await standingAgent(agentId, ports); // 1
  if (agent === null) return refuse({ reason: "unknown-agent" });
  if (agent.keyNumber !== number) return refuse({ reason: "rotated-meanwhile" });

  const key = apiKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  let endsAt = "";
  const effect = (at: string, authorised: SpentAuthorisation): AgentEffect => {
    endsAt = timestamp(Date.parse(at) + overlapHours * HOUR_MS);
    const made = { keyHash: apiKeyHash(key), prefix: shownPrefix(key), maker: adminId };
    return { kind: "agent-key-rotated", agentId, number, ...made, at, endsAt, authorised };
  };
  const outcome = await signedChange(
    {
      operation: rotation(agent, { number, overlapHours }), // 2
      effect, // 3
      refusals: ROTATION_REFUSALS,
      // Under this key there is no other: it names the key that is replaced.
      otherLeaf: "rotated-meanwhile",
    },
    adminId,
    brought,
    ports,
  );
  if (!outcome.ok) return outcome;
  const { made, ...counts } = outcome.value;
  if (made !== "by-this-call") return accept({ rotated: false, ...counts });
  if (overlapHours === 0) await relianceOver(agentId, ports); // 4
  return accept({ rotated: true, key, number: number + 1, endsAt });
}

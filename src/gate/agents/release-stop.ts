/** What is stopped goes on by admins' signatures over which stop they release. What was asked for before it stays void. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import type { AgentEffect } from "./agent-effects.ts";
import type { StopReader, StopStanding } from "./order-stop.ts";

export interface ReleasePorts extends SignaturePorts, AppendPorts<AgentEffect>, StopReader {}

export type ReleaseRefusal = AuthorisationRefusal | { reason: "unknown-agent" | "not-stopped" };

/** Which stop: an agent's, or everything's (null), by its number. */
export interface WhichStop {
  agentId: string | null;
  number: number;
}

/** Why a release is not written, by the condition of its batch that does not hold. */
export const RELEASE_REFUSALS = { agent_stands: "unknown-agent", stop_is_in_force: "not-stopped" } as const;

const release = (agent: StopStanding["agent"], number: number): AdminOperation<"stop.released"> => ({
  operation: "stop.released",
  parameters: { agent: agent === null ? null : { id: agent.id, name: agent.name, owner: agent.owner }, number },
});

/** The statement under which `adminId` releases the stop in force, of an agent or of everything (null). */
export async function draftRelease(
  agentId: string | null,
  adminId: string,
  ports: StatementPorts & StopReader,
): Promise<Result<AdminStatement, { reason: "unknown-agent" | "not-stopped" }>> {
  const found = await ports.stopOf(agentId);
  if (found === null) return refuse({ reason: "unknown-agent" });
  if (found.since === null) return refuse({ reason: "not-stopped" });
  return accept(draftAdminStatement(adminId, release(found.agent, found.number), ports));
}

/** The stop that a statement releases; null if it releases none. */
export function stopOfStatement(statement: AdminStatement): Pick<StopStanding, "agent" | "number"> | null {
  const parameters = parametersOf("stop.released", statement);
  return parameters && { agent: parameters.agent, number: parameters.number };
}

/**
 * 1. the agent stands, and this stop is in force; 2. enough admins signed for exactly this stop; 3. release, leaf and spent nonces are written together, if it is the
 * one in force. Of two at the same moment one writes it, and both are answered.
 */
export async function releaseStop(
  { agentId, number }: WhichStop,
  adminId: string,
  brought: readonly Authorisation[],
  ports: ReleasePorts,
): Promise<Result<SignatureProgress, ReleaseRefusal>> {
  const found = await ports.stopOf(agentId); // 1
  if (found === null) return refuse({ reason: "unknown-agent" });
  if (found.since === null || found.number !== number) return refuse({ reason: "not-stopped" });
  const released = await signedChange(
    {
      operation: release(found.agent, number), // 2
      effect: (_, authorised): AgentEffect => ({ kind: "stop-released", agentId, number, authorised }), // 3
      refusals: RELEASE_REFUSALS,
      // Under this key there is no other: it names the stop.
      otherLeaf: "not-stopped",
      stands: async () => {
        const now = await ports.stopOf(agentId);
        return now !== null && (now.number > number || (now.number === number && now.since === null));
      },
    },
    adminId,
    brought,
    ports,
  );
  return released.ok ? accept(progressOf(released.value)) : released;
}

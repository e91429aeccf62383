/** An agent is stopped: its key at once, then what it has pending. It only narrows authority, so no signature is asked for. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts } from "#gate/log/append-record.ts";
import type { AgentEffect } from "./agent-effects.ts";

export interface RevocationPorts extends AppendPorts<AgentEffect> {
  /** The agent, revoked or not, from the D1 primary; null if there is none. */
  agentById(id: string): Promise<{ id: string; name: string; owner: string; revokedAt: string | null } | null>;
  /** Cancels every pending request of a revoked agent and ends its waits. Doing it again is harmless. */
  cancelPendingOf(agentId: string): Promise<void>;
}

/** 1. the agent is known; 2. its key stops, with the leaf; 3. its requests end, also when an earlier call broke off here. */
export async function revokeAgent(id: string, ports: RevocationPorts): Promise<Result<null, { reason: "unknown-agent" }>> {
  const agent = await ports.agentById(id); // 1
  if (agent === null) return refuse({ reason: "unknown-agent" });
  if (agent.revokedAt === null) {
    const members = { agent: { id, name: agent.name, owner: agent.owner }, authorised_by: [] };
    // A conflict means that somebody else revoked it a moment ago, which is as good.
    await appendRecord(
      { kind: "agent.revoked", members, effect: (at): AgentEffect => ({ kind: "agent-revoked", agentId: id, at }) },
      ports,
    ); // 2
  }
  await ports.cancelPendingOf(id); // 3
  return accept(null);
}

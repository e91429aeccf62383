/** An agent is stopped: its key at once, then what it has pending. It only narrows authority, so no signature is asked for. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { LEASE_MS } from "#rules/lease.ts";
import { appendRecord, type AppendPorts } from "#gate/log/append-record.ts";
import type { AgentEffect } from "./agent-effects.ts";

interface RevokedAgent {
  id: string;
  name: string;
  owner: string;
  revokedAt: string | null;
  /** Those above it; null: nobody is. */
  chain: readonly { id: string }[] | null;
}

export interface RevocationPorts extends AppendPorts<AgentEffect> {
  /** The agent, revoked or not, from the D1 primary; null if there is none. */
  agentById(id: string): Promise<RevokedAgent | null>;
  /** Tells who holds how its keys, and those of everybody below it, stand that this has changed. Never throws: what is not told is not relied on for longer than a lease. */
  standingChanged(agentId: string): Promise<void>;
  /** Cancels every pending request of a revoked agent and of those below it, and ends their waits. Doing it again is harmless. */
  cancelPendingOf(agentId: string): Promise<void>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

/**
 * 1. the agent is known; 2. its key stops, with the leaf; 3. who holds its standing is told and its requests end, also when an earlier
 * call broke off here; 4. nothing that was read before is relied on any more (rules/lease.ts), and what was being opened meanwhile ends
 * too. After the answer no call of the agent is answered, nor any of an agent below it, whose keys stand no longer than its own.
 */
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
  const over = ports.sleep(LEASE_MS);
  await Promise.all([Promise.race([ports.standingChanged(id), over]), ports.cancelPendingOf(id)]); // 3
  await over; // 4
  await ports.cancelPendingOf(id);
  return accept(null);
}

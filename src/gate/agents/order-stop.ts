/**
 * A person stops an agent, or everything. It only narrows authority, so no signature is asked for. What was asked for before a stop was
 * asked for under another number than the one in force from then on, and serves for nothing any more, also after a release: so nothing
 * rests on every request having been reached.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendOutcome } from "#gate/log/transparency-log.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import { LEASE_MS } from "#rules/lease.ts";
import type { AgentEffect } from "./agent-effects.ts";

/** How an agent, or everything, is stopped. */
export interface StopStanding {
  /** Null: everything. */
  agent: { id: string; name: string; owner: string } | null;
  /** How often it has been stopped. */
  number: number;
  /** When the stop in force was ordered; null if none is. */
  since: string | null;
}

export interface StopReader {
  /** From the D1 primary, of the agent of this id or of everything (null); null if no such agent stands. */
  stopOf(agentId: string | null): Promise<StopStanding | null>;
}

export interface StopPorts extends AppendPorts<AgentEffect>, StopReader {
  /** As revoke-agent.ts has it: those below are stopped with it. */
  standingChanged(agentId: string): Promise<void>;
  /**
   * Ends what the agent, or every agent (null), has pending and was stopped since, and the waits for it; as much of it as one call can.
   * Never throws: what is left over serves for nothing.
   */
  cancelStopped(agentId: string | null): Promise<void>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

/** Who orders it, as signed in. */
export interface StopOrderer {
  id: string;
  username: string;
}

/** Why a stop is not written, by the condition of its batch that does not hold. */
export const STOP_REFUSALS = { agent_stands: "unknown-agent", orders_a_stop: "may-not-stop", stop_is_next: "stop-not-next" } as const;

export type StopRefusal = { reason: "unknown-agent" | "may-not-stop" };

/** So often it is read again what the next stop is, if others stop and release meanwhile. */
const TRIES = 5;

/**
 * 1. the stop is written with its leaf, unless one is in force; 2. who holds how the agent stands is told, and what is pending ends, also
 * when an earlier call broke off here; 3. nothing that was read before is relied on any more (rules/lease.ts), and what was being opened
 * meanwhile ends too. After the answer no call is answered that asks, waits or redeems.
 */
export async function orderStop(agentId: string | null, by: StopOrderer, ports: StopPorts): Promise<Result<null, StopRefusal>> {
  const ordered = await writeStop(agentId, by, ports); // 1
  if (!ordered.ok) return ordered;
  const over = ports.sleep(LEASE_MS);
  const told = agentId === null ? over : Promise.race([ports.standingChanged(agentId), over]);
  await Promise.all([told, ports.cancelStopped(agentId)]); // 2
  await over; // 3
  await ports.cancelStopped(agentId);
  return accept(null);
}

async function writeStop(agentId: string | null, by: StopOrderer, ports: StopPorts): Promise<Result<null, StopRefusal>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await ports.stopOf(agentId);
    if (found === null) return refuse({ reason: "unknown-agent" });
    if (found.since !== null) return accept(null);
    const outcome = await appendStop(found, by, ports);
    if (outcome.status === "logged") return accept(null);
    // Somebody else has ordered this one a moment ago, and perhaps another has released it since: read again.
    if (outcome.status === "conflict") continue;
    const reason = whyRefused(outcome.constraint, STOP_REFUSALS);
    if (reason !== "stop-not-next") return refuse({ reason });
  }
  throw new Error("it is stopped and released faster than it can be stopped");
}

function appendStop({ agent, number: before }: StopStanding, by: StopOrderer, ports: StopPorts): Promise<AppendOutcome> {
  const number = before + 1;
  const effect = (at: string): AgentEffect => ({ kind: "stop-ordered", agentId: agent?.id ?? null, number, by: by.id, at });
  const members = { agent, number, by: { id: by.id, username: by.username } };
  return appendRecord({ kind: "stop.ordered", members, effect }, ports);
}

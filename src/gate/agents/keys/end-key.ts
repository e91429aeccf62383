/** A key that was replaced ends before its time. It only narrows what opens the gate, so that nobody signs for it. */
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import type { AgentEffect } from "../agent-effects.ts";
import { relianceOver } from "#rules/lease.ts";
import type { RotationPorts } from "./rotate-key.ts";

/** A key that was replaced. */
export interface OldKey {
  /** The how-manieth of its agent it is. */
  number: number;
  /** How it begins; null: made by a version that did not say. */
  prefix: string | null;
  madeAt: string;
  replacedAt: string;
  endsAt: string;
}

export interface EndKeyPorts extends AppendPorts<AgentEffect>, Pick<RotationPorts, "standingChanged" | "sleep" | "agentById"> {
  /** Those of the agent that were replaced, ended ones too, the newest first; from the D1 primary. */
  oldKeysOf(agentId: string): Promise<OldKey[]>;
}

export type EndKeyRefusal = { reason: "unknown-agent" | "unknown-old-key" };

/** Why it is not written, by the condition of its batch that does not hold: then it has ended by itself meanwhile. */
export const KEY_END_REFUSALS = { change_is_next: "over-already" } as const;

/**
 * 1. the agent is known, and has had this key, named by how it begins or by its number; the one that it has now only another one can replace;
 * 2. its end is written, unless it is over, and that of each that begins so; 3. nothing that was read before is relied on any more, also when
 * an earlier call broke off here. After the answer no call with it is answered.
 */
export async function endKey(
  agentId: string,
  named: string,
  by: { id: string; username: string },
  ports: EndKeyPorts,
): Promise<Result<null, EndKeyRefusal>> {
  const agent = await ports.agentById(agentId); // 1
  if (agent === null) return refuse({ reason: "unknown-agent" });
  const keys = (await ports.oldKeysOf(agentId)).filter(({ number, prefix }) => prefix === named || String(number) === named);
  if (keys.length === 0) return refuse({ reason: "unknown-old-key" });
  const { id, name, owner } = agent;
  for (const { number } of keys.filter(({ endsAt }) => endsAt > timestamp(ports.now()))) {
    const members = { agent: { id, name, owner }, number, by: { id: by.id, username: by.username } };
    const effect = (at: string): AgentEffect => ({ kind: "agent-key-ended", agentId, number, at });
    // A conflict means that somebody else ended it a moment ago, which is as good.
    const outcome = await appendRecord({ kind: "agent.key_ended", members, effect }, ports); // 2
    if (outcome.status === "refused") whyRefused(outcome.constraint, KEY_END_REFUSALS);
  }
  await relianceOver(agentId, ports); // 3
  return accept(null);
}

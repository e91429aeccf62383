/** An agent below another ends: by the word of one above it, or with its time. It only narrows, so that nobody signs for it. */
import { timestamp } from "#countersign/documents/words.ts";
import { refuse, type Result } from "#countersign/result.ts";
import { revokeAgent, type RevocationPorts } from "../revoke-agent.ts";
import type { EndingPorts } from "./below-ports.ts";

/** Ends one that is below `agentId`, and everybody below it; any other looks as if it were not there. Doing it again is as good. */
export async function endBelow(id: string, agentId: string, ports: RevocationPorts): Promise<Result<null, { reason: "unknown-agent" }>> {
  const agent = await ports.agentById(id);
  if (agent?.chain?.some((above) => above.id === agentId) !== true) return refuse({ reason: "unknown-agent" });
  return revokeAgent(id, ports);
}

/** Of one round. */
const MOST = 50;
/** So long after its end an agent is still counted, and told of what happens above it: what it had under way is over by then. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** One round: whose time is over, or that of one above, is revoked, with a record and with what it has pending. How many were. */
export async function endOverdueBelow(ports: EndingPorts): Promise<number> {
  const nowMs = ports.now();
  const ended = await ports.endedBelow(timestamp(nowMs), MOST, timestamp(nowMs - FORGOTTEN_AFTER_MS));
  await Promise.all(ended.map(({ id }) => revokeAgent(id, ports)));
  return ended.length;
}

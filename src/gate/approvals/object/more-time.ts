/** Somebody gives more time, in the request's object: stored, then logged; pages that were open before can sign no more. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { giveMoreTime, type MoreTimeRefusal } from "#rules/talk/more-time.ts";
import { applyChange, type Changed, HALTED, type PastChanging } from "./approval-object.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import { mayDecideNow } from "./page-nonce.ts";

export type TimeRefusal = MoreTimeRefusal | PastChanging | { reason: (typeof HALTED)[keyof typeof HALTED] } | { reason: "unknown-request" };

/** With the request the nonces of its pages go, in the same write: what they show is not what would be signed any more. */
export async function recordMoreTime(person: { id: string; username: string }, ports: ApprovalPorts): Promise<Result<null, TimeRefusal>> {
  if (!mayDecideNow(ports, person.id)) return refuse({ reason: "unknown-request" });
  const given = await applyChange(ports, [], (approval, judgement): Result<Changed, TimeRefusal> => {
    if (judgement.halted !== null) return refuse({ reason: HALTED[judgement.halted] });
    const next = giveMoreTime(approval, person, judgement);
    return next.ok ? accept({ approval: next.value, nonces: [] }) : next;
  });
  if (given === null) return refuse({ reason: "unknown-request" });
  return given.ok ? accept(null) : given;
}

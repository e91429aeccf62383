/** A pending approval ends whose agent was revoked, or which a stop came after. Whoever asks for it at any time takes nothing else away. */
import { transition } from "#rules/approval.ts";
import { afterItsLog, outlivesItsLog } from "#rules/log-end.ts";
import { accept, type Result } from "#countersign/result.ts";
import { applyChange, type Changed, type Halt } from "./approval-object.ts";
import type { ApprovalPorts } from "./object-ports.ts";

/** What has ended it, by this call; null if nothing has, or it had ended. Throws if that cannot be known. */
export async function endIfHalted(ports: ApprovalPorts): Promise<Halt | null> {
  let ended: Halt | null = null;
  await applyChange(ports, [], (approval, judgement): Result<Changed, never> => {
    const { halted, log } = judgement;
    if (outlivesItsLog(approval, log)) return accept({ approval: afterItsLog(approval, judgement) });
    const next = halted === null ? null : transition(approval, { type: "cancel", by: halted, reason: null }, judgement);
    if (next?.ok !== true) return accept({ approval });
    ended = halted;
    return accept({ approval: next.value });
  });
  return ended;
}

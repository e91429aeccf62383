/** Using an approval, in its object: redeemed once before the action, reported on after. Logged before it is answered. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { isSaid, afterRedemption, type RedemptionRefusal, report, type ReportRefusal } from "#rules/redemption.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { applyChange, type ApprovalPorts } from "./approval-object.ts";

/** `not-logged`: stored, and not in the log yet, so that it must not be acted on; the same call again will tell. */
export type UseRefusal = RedemptionRefusal | ReportRefusal | { reason: "unknown-request" | "agent-stopped" | "not-logged" };

/** `settle` brings the approval up to date as far as that can be done now; it never throws. */
export type UsePorts = ApprovalPorts & { settle(): Promise<void> };

/** 1. the agent still stands; 2. approved, in time, this payload, not redeemed; stored; 3. in the log, and by this very call. */
export async function redeemApproval(call: RedeemCall, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  const stopped = await stoppedAgent(ports); // 1
  if (stopped !== null) return refuse(stopped);

  await ports.settle();
  const redeemed = await applyChange(ports, [], (approval, circumstances) => {
    const next = afterRedemption(approval, call, circumstances);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (redeemed === null) return refuse({ reason: "unknown-request" });
  if (!redeemed.ok) return redeemed;

  await ports.settle(); // 3
  const held = ports.store.read()?.redemption ?? null;
  if (held === null || held.sealed.salt !== redeemed.value.redemption?.sealed.salt) return refuse({ reason: "already-redeemed" });
  if (held.logged === null) return refuse({ reason: "not-logged" });
  // Read again, because what follows the answer is the action.
  const stoppedMeanwhile = await stoppedAgent(ports);
  return stoppedMeanwhile === null ? accept(null) : refuse(stoppedMeanwhile);
}

/** 1. the agent still stands; 2. redeemed, and not reported otherwise before; stored; 3. in the log, and as it was said. */
export async function reportOutcome(said: OutcomeReport, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  const stopped = await stoppedAgent(ports); // 1
  if (stopped !== null) return refuse(stopped);

  await ports.settle();
  const detailSalt = b64u(ports.random(32));
  const reported = await applyChange(ports, [], (approval, circumstances) => {
    const next = report(approval, { ...said, detailSalt }, circumstances);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (reported === null) return refuse({ reason: "unknown-request" });
  if (!reported.ok) return reported;

  await ports.settle(); // 3
  const held = ports.store.read()?.[said.outcome === "unknown" ? "unknown" : "outcome"] ?? null;
  if (held === null || !isSaid(held, said)) return refuse({ reason: "already-reported" });
  return held.logged === null ? refuse({ reason: "not-logged" }) : accept(null);
}

async function stoppedAgent(ports: ApprovalPorts): Promise<UseRefusal | null> {
  const approval = ports.store.read();
  if (approval === null) return { reason: "unknown-request" };
  return (await ports.standing.agentStands(approval.request.requested_by.id)) ? null : { reason: "agent-stopped" };
}

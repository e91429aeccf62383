/** Using an approval, in its object: redeemed once before the action, reported on after. Logged before it is answered. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { isSaid, afterRedemption, type RedemptionRefusal, report, type ReportRefusal } from "#rules/redemption.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { applyChange, type ApprovalPorts, type Changed, type PastChanging } from "./approval-object.ts";

/** `not-logged`: stored, and not in the log yet, so that it must not be acted on; the same call again will tell. */
export type UseRefusal = RedemptionRefusal | ReportRefusal | PastChanging | { reason: "unknown-request" | "agent-stopped" | "not-logged" };

/** `settle` brings the approval up to date as far as that can be done now; it never throws. */
export type UsePorts = ApprovalPorts & { settle(): Promise<void> };

/** 1. this agent's; 2. which stands; approved, in time, this payload, not redeemed; stored; 3. in the log, and by this very call. */
export async function redeemApproval(agentId: string, call: RedeemCall, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  if (!isOf(agentId, ports)) return refuse({ reason: "unknown-request" }); // 1
  await ports.settle();
  const redeemed = await applyChange(ports, [], (approval, judgement): Result<Changed, UseRefusal> => {
    if (!judgement.agentStands) return refuse({ reason: "agent-stopped" });
    const next = afterRedemption(approval, call, judgement);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (redeemed === null) return refuse({ reason: "unknown-request" });
  if (!redeemed.ok) return redeemed;

  await ports.settle(); // 3
  const held = ports.store.read()?.redemption ?? null;
  if (held === null || held.sealed.salt !== redeemed.value.redemption?.sealed.salt) return refuse({ reason: "already-redeemed" });
  return held.logged === null ? refuse({ reason: "not-logged" }) : accept(null);
}

/** 1. this agent's; 2. which stands; redeemed, and not reported otherwise before; stored; 3. in the log, and as it was said. */
export async function reportOutcome(agentId: string, said: OutcomeReport, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  if (!isOf(agentId, ports)) return refuse({ reason: "unknown-request" }); // 1
  await ports.settle();
  const detailSalt = b64u(ports.random(32));
  const reported = await applyChange(ports, [], (approval, judgement): Result<Changed, UseRefusal> => {
    if (!judgement.agentStands) return refuse({ reason: "agent-stopped" });
    const next = report(approval, { ...said, detailSalt }, judgement);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (reported === null) return refuse({ reason: "unknown-request" });
  if (!reported.ok) return reported;

  await ports.settle(); // 3
  const held = ports.store.read()?.[said.outcome === "unknown" ? "unknown" : "outcome"] ?? null;
  if (held === null || !isSaid(held, said)) return refuse({ reason: "already-reported" });
  return held.logged === null ? refuse({ reason: "not-logged" }) : accept(null);
}

/** Whether this agent has asked for it. */
const isOf = (agentId: string, ports: Pick<ApprovalPorts, "store">): boolean => ports.store.read()?.request.requested_by.id === agentId;

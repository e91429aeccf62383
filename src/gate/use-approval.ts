/** Using an approval, in its object: redeemed once before the action, reported on after. Logged before it is answered. */
import { b64u } from "../core/bytes.ts";
import { type CallOutcome, redeem, type RedemptionRefusal, report, type ReportRefusal } from "../core/redemption.ts";
import { accept, refuse, type Result } from "../core/result.ts";
import { applyChange, type ApprovalPorts, bringUpToDate, isBehind } from "./approval-object.ts";

/** `not-logged`: stored, and not in the log yet, so that it must not be acted on; the same call again will tell. */
export type UseRefusal = RedemptionRefusal | ReportRefusal | "unknown-request" | "agent-stopped" | "not-logged";

export interface RedeemCall {
  /** SHA-256 of the canonical payload that is about to be used, hexadecimal. */
  payloadHash: string;
  idempotencyKey: string | null;
}

/** 1. the agent still stands; 2. approved, in time, this payload, not redeemed; stored; 3. in the log, and by this very call. */
export async function redeemApproval(call: RedeemCall, ports: ApprovalPorts): Promise<Result<null, UseRefusal>> {
  const stopped = await stoppedAgent(ports); // 1
  if (stopped !== null) return refuse(stopped);

  await settle(ports);
  const redeemed = await applyChange(ports, [], (approval, circumstances) => {
    const next = redeem(approval, call, circumstances);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (redeemed === null) return refuse("unknown-request");
  if (!redeemed.ok) return redeemed;

  if (!(await settle(ports))) return refuse("not-logged"); // 3
  const own = redeemed.value.redemption?.sealed.salt;
  return ports.store.read()?.redemption?.sealed.salt === own ? accept(null) : refuse("already-redeemed");
}

/** How the agent says it went. */
export interface OutcomeReport {
  outcome: CallOutcome;
  detail: string | null;
}

/** 1. the agent still stands; 2. redeemed, and not reported otherwise before; stored; 3. in the log. */
export async function reportOutcome(said: OutcomeReport, ports: ApprovalPorts): Promise<Result<null, UseRefusal>> {
  const stopped = await stoppedAgent(ports); // 1
  if (stopped !== null) return refuse(stopped);

  await settle(ports);
  const detailSalt = b64u(ports.random(32));
  const reported = await applyChange(ports, [], (approval, circumstances) => {
    const next = report(approval, { ...said, detailSalt }, circumstances);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (reported === null) return refuse("unknown-request");
  if (!reported.ok) return reported;
  return (await settle(ports)) ? accept(null) : refuse("not-logged"); // 3
}

async function stoppedAgent(ports: ApprovalPorts): Promise<UseRefusal | null> {
  const approval = ports.store.read();
  if (approval === null) return "unknown-request";
  return (await ports.standing.agentStands(approval.request.requested_by.id)) ? null : "agent-stopped";
}

/** Whether everything that happened is in the log now. A failure is the alarm's to mend. */
async function settle(ports: ApprovalPorts): Promise<boolean> {
  if (isBehind(ports.store.read(), ports.now())) await bringUpToDate(ports).catch(() => undefined);
  return !isBehind(ports.store.read(), ports.now());
}

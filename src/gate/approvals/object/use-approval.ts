/** Using an approval, in its object: redeemed once before the action, reported on after. Logged before it is answered. */
import { b64u } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { factsOfUse, judgedAgain, type JudgedAgainRefusal, type PolicyInForce } from "#rules/policies/judged.ts";
import { HELD_MS } from "#rules/lease.ts";
import { isSaid, afterRedemption, type RedemptionRefusal, report, type ReportRefusal } from "#rules/redemption.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import { applyChange, type Changed, HALTED, type Judgement, type PastChanging, standingNow, type StandingRead } from "./approval-object.ts";

/** `not-logged`: stored, and not in the log yet, so that it must not be acted on; the same call again will tell. */
export type UseRefusal =
  | RedemptionRefusal
  | ReportRefusal
  | PastChanging
  | { reason: "unknown-request" | "agent-revoked" | "agent-stopped" | "not-logged" };

/** `settle` brings the approval up to date as far as that can be done now; it never throws. */
export type UsePorts = ApprovalPorts & { settle(): Promise<void> };

/** 1. this agent's; 2. which stands and was not stopped since; approved, in time, this payload, not redeemed, and the policy in force lets it; stored; 3. in the log, and by this very call. */
export async function redeemApproval(agentId: string, call: RedeemCall, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  if (!isOf(agentId, ports)) return refuse({ reason: "unknown-request" }); // 1
  await ports.settle();
  const redeemed = await judgedAndStored(call, ports); // 2
  if (redeemed === null) return refuse({ reason: "unknown-request" });
  if (!redeemed.ok) return redeemed;

  await ports.settle(); // 3
  const held = ports.store.read()?.redemption ?? null;
  if (held === null || held.sealed.salt !== redeemed.value.redemption?.sealed.salt) return refuse({ reason: "already-redeemed" });
  return held.logged === null ? refuse({ reason: "not-logged" }) : accept(null);
}

/** Reads by what the use is judged, judges and stores it; all of it again if a decision comes in between. */
async function judgedAndStored(call: RedeemCall, ports: UsePorts): Promise<Result<ApprovalState, UseRefusal> | null> {
  const { standing, policy } = await readForUse(ports);
  const change = (approval: ApprovalState, judgement: Judgement): Result<Changed, UseRefusal> => {
    if (judgement.halted !== null) return refuse({ reason: HALTED[judgement.halted] });
    const next = afterRedemption(approval, call, judgement, (approvals) => refusedNow(approval, approvals, judgement, policy));
    return next.ok ? accept({ approval: next.value }) : next;
  };
  return applyChange(ports, [], change, Promise.resolve(standing), () => judgedAndStored(call, ports));
}

/** By what a use is judged. */
interface ReadForUse {
  standing: StandingRead | null;
  /** Null if the agent is revoked, and nothing is judged. */
  policy: PolicyInForce | null;
}

/** So often it is read again until all of it is of one moment, and fresh. */
const TRIES = 5;

/** Everybody's standing, and the policy in force in the same moment, which may be relied on for as long as a lease (rules/lease.ts). */
async function readForUse(ports: UsePorts): Promise<ReadForUse> {
  let withApprovers = (ports.store.read()?.request.policy.version ?? 0) > 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const beganMs = ports.now();
    const standing = await standingNow(ports, [], withApprovers);
    const agent = standing?.standing.agent ?? null;
    if (agent === null) return { standing, policy: null };
    const policy = await ports.policyOf(agent.epoch);
    const goneMs = ports.now() - beganMs;
    const isOfOneMoment = policy.epoch === agent.epoch && goneMs >= 0 && goneMs < HELD_MS;
    if (isOfOneMoment && (policy.compiled === null || withApprovers)) return { standing, policy };
    withApprovers = policy.compiled !== null;
  }
  throw new Error("by what this use is judged could not be learned in time");
}

/** Why the policy in force does not let an approval be used; null if it does. */
function refusedNow(
  { request, payload, judged, ending }: ApprovalState,
  approvals: ReadonlyMap<string, string>,
  { agent, approvers, nowMs }: Judgement,
  policy: PolicyInForce | null,
): JudgedAgainRefusal | null {
  if (policy === null || agent === null) throw new Error("a use is judged without what it is judged by");
  if (policy.compiled === null && request.policy.version === 0) return null;
  if (payload === null) throw new Error("a use is judged whose payload is not known");
  const facts = factsOfUse(request, JSON.parse(payload) as JsonObject, judged, { agent, approvers: approvers ?? [] }, nowMs);
  const record = ending?.sealed.record;
  const inSilence = record !== undefined && "basis" in record && record.basis === "timeout";
  return judgedAgain(policy.compiled, facts, request.requested_at, inSilence ? "silence" : approvals);
}

/** 1. this agent's; 2. which stands; redeemed, and not reported otherwise before; stored; 3. in the log, and as it was said. */
export async function reportOutcome(agentId: string, said: OutcomeReport, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  if (!isOf(agentId, ports)) return refuse({ reason: "unknown-request" }); // 1
  await ports.settle();
  const detailSalt = b64u(ports.random(32));
  const reported = await applyChange(ports, [], (approval, judgement): Result<Changed, UseRefusal> => {
    if (judgement.agent === null) return refuse({ reason: "agent-revoked" });
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

/** Using an approval, in its object: redeemed once before the action, reported on after. Logged before it is answered. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { isV2 } from "#countersign/documents/request.ts";
import type { PastAnswers } from "#countersign/policy/judging/past/question.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { type ApprovedBy, factsOfUse, isOfCall, judgedAgain, type JudgedAgainRefusal, type PolicyInForce } from "#rules/policies/judged.ts";
import { TEST_PAYLOAD_HASH } from "#rules/agents/test-request.ts";
import { HELD_MS } from "#rules/lease.ts";
import { isSaid, afterRedemption, type RedemptionRefusal, report, type ReportRefusal } from "#rules/redemption.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import { PastOfUse, type PastOfUsePorts } from "./past-of-use.ts";
import { applyChange, type Changed, HALTED, type Judgement, type PastChanging, standingNow, type StandingRead } from "./approval-object.ts";

/** `not-logged`: stored, and not in the log yet, so that it must not be acted on; the same call again will tell. */
export type UseRefusal =
  | RedemptionRefusal
  | ReportRefusal
  | PastChanging
  | { reason: "unknown-request" | "agent-revoked" | "agent-stopped" | "not-logged" | "grant-over" | "only-a-test" }
  | NotRedeemable;

/** The gate itself makes this call, of a tool of this server: it alone redeems, and says how it went. */
export interface NotRedeemable {
  reason: "not-redeemable";
  server: string;
}

export interface UsePorts extends ApprovalPorts, PastOfUsePorts {
  /** Brings the approval up to date as far as that can be done now; it never throws. */
  settle(): Promise<void>;
}

/** Redeemed by the agent that asked: step 1 of `useApproval`. */
export async function redeemApproval(agentId: string, call: RedeemCall, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  const refused = notForAgent(agentId, ports); // 1
  if (refused !== null) return refuse(refused);
  return useApproval(call, ports);
}

/**
 * 1. whoever may, this agent or the gate; 2. the agent stands and was not stopped since; approved, in time, this payload, not redeemed, and
 * the policy in force lets it; stored; 3. in the log, and by this very call. `besides`: what else refuses it, asked in the moment in which
 * it is decided.
 */
export async function useApproval<Besides = never>(
  call: RedeemCall,
  ports: UsePorts,
  besides: (judgement: Judgement) => Besides | null = () => null,
): Promise<Result<null, UseRefusal | Besides>> {
  await ports.settle();
  const past = new PastOfUse(ports);
  const redeemed = await past.during(() => judgedAndStored(call, ports, past, besides)); // 2
  if (redeemed === null) return refuse({ reason: "unknown-request" });
  if (!redeemed.ok) return redeemed;

  await ports.settle(); // 3
  const held = ports.store.read()?.redemption ?? null;
  if (held === null || held.sealed.salt !== redeemed.value.redemption?.sealed.salt) return refuse({ reason: "already-redeemed" });
  return held.logged === null ? refuse({ reason: "not-logged" }) : accept(null);
}

/** Reads by what the use is judged, judges and stores it; all of it again if a decision comes in between. */
async function judgedAndStored<Besides>(
  call: RedeemCall,
  ports: UsePorts,
  past: PastOfUse,
  besides: (judgement: Judgement) => Besides | null,
): Promise<Result<ApprovalState, UseRefusal | Besides> | null> {
  const { standing, policy, mayUseGrant, answers } = await readForUse(ports, past);
  const change = (approval: ApprovalState, judgement: Judgement): Result<Changed, UseRefusal | Besides> => {
    if (judgement.halted !== null) return refuse({ reason: HALTED[judgement.halted] });
    if (approval.byGrant !== undefined && approval.redemption === null && !mayUseGrant) return refuse({ reason: "grant-over" });
    const refused = besides(judgement);
    if (refused !== null) return refuse(refused);
    const next = afterRedemption(approval, call, judgement, (approvals) => refusedNow(approval, approvals, judgement, policy, answers));
    return next.ok ? accept({ approval: next.value }) : next;
  };
  return applyChange(ports, [], change, Promise.resolve(standing), () => judgedAndStored(call, ports, past, besides));
}

/** By what a use is judged. */
interface ReadForUse {
  standing: StandingRead | null;
  /** Null if the agent is revoked, and nothing is judged. */
  policy: PolicyInForce | null;
  /** Of what a grant let pass. */
  mayUseGrant: boolean;
  /** Of the agent's past; null where the policy asks nothing of it. */
  answers: PastAnswers | null;
}

/** So often it is read again until all of it is of one moment, and fresh. */
const TRIES = 5;

/** Everybody's standing, and the policy in force in the same moment, which may be relied on for as long as a lease (rules/lease.ts). */
async function readForUse(ports: UsePorts, past: PastOfUse): Promise<ReadForUse> {
  let withApprovers = (ports.store.read()?.request.policy.version ?? 0) > 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const beganMs = ports.now();
    const byGrant = ports.store.read()?.byGrant;
    const [standing, mayUseGrant] = await Promise.all([
      standingNow(ports, [], withApprovers),
      byGrant === undefined ? false : ports.mayUseGrant(byGrant.id),
    ]);
    const agent = standing?.standing.agent ?? null;
    if (agent === null || standing === null) return { standing, policy: null, mayUseGrant, answers: null };
    const policy = await ports.policyOf(agent.epoch);
    const answers = await past.answers({ agent, approvers: standing.standing.approvers ?? [] }, policy);
    const goneMs = ports.now() - beganMs;
    const isOfOneMoment = policy.epoch === agent.epoch && goneMs >= 0 && goneMs < HELD_MS;
    if (isOfOneMoment && (policy.compiled === null || withApprovers)) return { standing, policy, mayUseGrant, answers };
    withApprovers = policy.compiled !== null;
  }
  throw new Error("by what this use is judged could not be learned in time");
}

/** Why the policy in force does not let an approval be used; null if it does. */
function refusedNow(
  { request, payload, judged, ending, call, byGrant }: ApprovalState,
  approvals: ReadonlyMap<string, string>,
  { agent, approvers, nowMs }: Judgement,
  policy: PolicyInForce | null,
  past: PastAnswers | null,
): JudgedAgainRefusal | null {
  if (policy === null || agent === null) throw new Error("a use is judged without what it is judged by");
  if (policy.compiled === null && request.policy.version === 0) return null;
  if (payload === null) throw new Error("a use is judged whose payload is not known");
  const parties = { agent, approvers: approvers ?? [] };
  const facts = factsOfUse(request, JSON.parse(payload) as JsonObject, judged, parties, nowMs, call?.definition, call?.inner);
  const record = ending?.sealed.record;
  const basis = record !== undefined && "basis" in record ? record.basis : null;
  const by: ApprovedBy = basis === "timeout" ? "silence" : basis === "grant" ? (byGrant ?? approvals) : approvals;
  // Nothing is opened without the evidence that its handling wants.
  const seen = { ...(call?.handling.verified && { verified: call.handling.verified }), ...(call?.inner && { inner: call.inner.tool }) };
  return judgedAgain(policy.compiled, { ...facts, past }, request.requested_at, by, seen);
}

/** Said by the agent that asked: step 1 of `recordOutcome`. */
export async function reportOutcome(agentId: string, said: OutcomeReport, ports: UsePorts): Promise<Result<null, UseRefusal>> {
  const refused = notForAgent(agentId, ports); // 1
  return refused === null ? recordOutcome(said, ports, "agent") : refuse(refused);
}

/**
 * 1. whoever may; 2. an agent that reports stands; redeemed, and not reported otherwise before; stored; 3. in the log, and as it was said.
 * What the gate itself has sent it records whatever became of the agent since.
 */
export async function recordOutcome(said: OutcomeReport, ports: UsePorts, by: "agent" | "gate"): Promise<Result<null, UseRefusal>> {
  await ports.settle();
  const detailSalt = b64u(ports.random(32));
  const reported = await applyChange(ports, [], (approval, judgement): Result<Changed, UseRefusal> => {
    if (judgement.agent === null && by === "agent") return refuse({ reason: "agent-revoked" });
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

/** Why this agent neither redeems nor reports; null if it may. What is not its own looks like what is not there. */
function notForAgent(
  agentId: string,
  ports: Pick<ApprovalPorts, "store">,
): NotRedeemable | { reason: "unknown-request" | "only-a-test" } | null {
  const request = ports.store.read()?.request;
  if (request?.requested_by.id !== agentId) return { reason: "unknown-request" };
  if (request.payload_hash === TEST_PAYLOAD_HASH) return { reason: "only-a-test" };
  if (!isOfCall(request)) return null;
  return { reason: "not-redeemable", server: (isV2(request) && request.context.server?.name) || "" };
}

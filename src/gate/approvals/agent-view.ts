/** How a request is told to its agent (countersign/documents/agent-view.ts), over MCP and REST alike. */
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isV2, requestHash, type RequestDocument, usableUntil } from "#countersign/documents/request.ts";
import { isOfCall } from "#rules/policies/judged.ts";
import { type AskedBack, questionOpen, type Snapshot } from "./snapshot.ts";

/** The page on which people decide. */
export const approvalUrl = (origin: string, requestId: string): string => `${origin}/a/${requestId}`;

/** An end that is not in the log yet does not exist for the agent: it is still told `pending`. */
export function agentView(snapshot: Snapshot): AgentView {
  const { request, endedAt, shortened = [] } = snapshot;
  const final = snapshot.status !== "pending" && snapshot.status !== "settling" ? snapshot.status : null;
  const view: AgentView = {
    request_id: request.id,
    status: final ?? "pending",
    basis: snapshot.basis ?? "passkeys",
    action: request.action,
    payload_hash: request.payload_hash,
    request_hash: snapshot.requestHash ?? requestHash(request),
    approval_url: approvalUrl(request.origin, request.id),
    requested_at: request.requested_at,
    expires_at: request.expires_at,
    use_by: final === "approved" && endedAt !== null ? usableUntil(request, endedAt) : request.use_by,
    required: snapshot.required,
    approvals: snapshot.approvals,
    ...(snapshot.notifiedAt == null ? {} : { notified_at: snapshot.notifiedAt }),
    ...(snapshot.seenAt == null ? {} : { seen_at: snapshot.seenAt }),
    ...(final !== null || snapshot.awaiting == null ? {} : { awaiting: snapshot.awaiting }),
    ...lastQuestion(snapshot),
    ...(snapshot.status === "pending" && snapshot.matchCode !== undefined && { match_code: snapshot.matchCode }),
    ...(request.policy.version === 0 ? {} : { rule: request.policy.rule }),
    ...(shortened.length === 0 ? {} : { shortened }),
    next: nextStep(snapshot),
  };
  if (final === null) return view;
  const comment = commentOf(snapshot);
  return {
    ...view,
    ...(endedAt === null ? {} : { decided_at: endedAt }),
    decided_by: snapshot.decisions.map(({ comment: _, ...decision }) => decision),
    ...(comment === null ? {} : { comment }),
    ...(snapshot.proposal?.payload == null ? {} : { proposal: { payload: JSON.parse(snapshot.proposal.payload) as JsonObject } }),
    ...(snapshot.cancelReason === null ? {} : { cancel_reason: snapshot.cancelReason }),
    ...(snapshot.redeemedAt === null ? {} : { redeemed_at: snapshot.redeemedAt }),
    ...(snapshot.outcome === null ? {} : { outcome: snapshot.outcome }),
    receipt_url: `${request.origin}/api/v1/approvals/${request.id}/receipt`,
  };
}

/** The question that people asked last, with its answer once there is one. */
function lastQuestion({ questions = [] }: Snapshot): Pick<AgentView, "question"> {
  const last = questions.at(-1);
  return last === undefined || last.text === null ? {} : { question: questionOf({ ...last, text: last.text }) };
}

const questionOf = ({ number, text, by, askedAt, answer }: AskedBack & { text: string }): NonNullable<AgentView["question"]> => ({
  id: String(number),
  text,
  by: by.username,
  asked_at: askedAt,
  ...(answer !== null && { ...(answer.text !== null && { answer: answer.text }), answered_at: answer.at }),
});

/** Where the agent goes on with a call that the gate makes itself; null for what the agent does. */
function resumedAt(request: RequestDocument): string | null {
  if (!isOfCall(request)) return null;
  const server = isV2(request) ? request.context.server?.name : undefined;
  return server === undefined ? "the server's address" : `/mcp/${server}`;
}

/** Of a call that the gate makes itself, once people have said yes. */
function nextOfApprovedCall(at: string, { redeemedAt, outcome }: Pick<Snapshot, "redeemedAt" | "outcome">): string {
  switch (outcome) {
    case "succeeded":
    case "failed":
      return `Done: the gate has made this call, and it ${outcome}. If you have not had its answer, call resume_call at ${at} with this request_id.`;
    case "unknown":
      return "The gate has sent this call, and it is not known what became of it. It is not sent again: find out before you repeat anything.";
    case null:
      return redeemedAt === null
        ? `Approved: call resume_call at ${at} with this request_id before use_by. The gate makes the call and gives you its answer.`
        : `The gate is making this call: call resume_call at ${at} with this request_id for its answer.`;
  }
}

function nextStep(snapshot: Snapshot): string {
  const at = resumedAt(snapshot.request);
  return at === null ? nextOfAsk(snapshot) : nextOfCall(at, snapshot);
}

function nextOfCall(at: string, snapshot: Snapshot): string {
  const asked = questionOpen(snapshot);
  if (asked !== null)
    return `A person asks you something before deciding: see question. Answer with resume_call at ${at}, with this request_id, question_id "${asked.number}" and your answer; it then waits on.`;
  switch (snapshot.status) {
    case "pending":
      return `Not decided yet: show the person ${numberToShow(snapshot)}${approvalUrl(snapshot.request.origin, snapshot.request.id)}; resume_call at ${at} with this request_id waits, and goes on with the call once it is approved.`;
    case "settling":
      return `A decision is being recorded: call resume_call at ${at} with this request_id.`;
    case "approved":
      return nextOfApprovedCall(at, snapshot);
    case "denied":
    case "expired":
    case "cancelled":
      return nextOfAsk(snapshot);
  }
}

const PROPOSED = "They would rather let pass what proposal.payload says: ask for exactly that, or stop.";

/** What whoever ended it wrote; empty for nothing. */
const commentOf = ({ decisions, endedBy }: Snapshot): string | null =>
  endedBy === "passkeys" ? (decisions.at(-1)?.comment ?? null) : null;

function wordsOf(snapshot: Snapshot): string {
  const comment = commentOf(snapshot);
  return comment === null ? "" : ` They say: ${JSON.stringify(comment)}.`;
}

/** Without it nobody can approve. */
const numberToShow = ({ matchCode }: Snapshot): string =>
  matchCode === undefined ? "" : `the number ${matchCode}, which they have to pick to approve, and `;

function nextOfAsk(snapshot: Snapshot): string {
  const { status, request, approvals, required, redeemedAt, outcome } = snapshot;
  const asked = questionOpen(snapshot);
  if (asked !== null)
    return `A person asks you something before deciding: see question. Answer with answer_question, this request_id and question_id "${asked.number}", then call wait_for_approval again.`;
  switch (status) {
    case "pending": {
      const signed = approvals > 0 ? ` (${approvals} of ${required} have signed)` : "";
      return `Not decided yet${signed}: show the person ${numberToShow(snapshot)}${approvalUrl(request.origin, request.id)} and call wait_for_approval with this request_id.`;
    }
    case "settling":
      return "A decision is being recorded: call wait_for_approval with this request_id again.";
    case "approved":
      if (outcome === "succeeded" || outcome === "failed") return `Done: the action was reported as ${outcome}.`;
      if (redeemedAt !== null)
        return "Redeemed: if that was your call, act now, and report how it went with report_outcome; otherwise do not act.";
      return "Approved: call redeem_approval with the exact payload before use_by, and act only if that succeeds.";
    case "denied":
      return `Denied: do not do this action, and do not ask for the same again.${wordsOf(snapshot)} ${snapshot.proposal?.payload == null ? "Change the plan or stop." : PROPOSED}`;
    case "expired":
      return "Nobody decided in time, which means no: do not do this action; ask again only if it is still needed.";
    case "cancelled":
      return "Cancelled: do not do this action.";
  }
}

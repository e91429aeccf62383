/**
 * What is told of refusals around approvals: to agents, over MCP and REST alike, and to people on their pages. Coarse where the
 * reason would help whoever forges a decision.
 */
import { passkeyAnswers } from "#rules/passkey-answers.ts";
import type { JudgementCode } from "#countersign/policy/judging/judge.ts";
import { AGENT_STOPPED, type Failure, type FailureCode, KEY_REVOKED, NOT_DELEGATED, publicAnswers } from "#rules/failure.ts";
import type { OverLimit } from "#rules/calls/admission.ts";
import type { AgentRefusal } from "./agent-approvals.ts";
import type { ReceiptRefusal } from "./assemble-receipt.ts";
import type { WaitRefusal } from "./await-approval.ts";
import type { AskBackRefusal } from "./object/ask-back.ts";
import type { TimeRefusal } from "./object/more-time.ts";
import type { DecisionRefusal } from "./object/record-decision.ts";
import type { AgentCaps } from "./opening.ts";
import type { Snapshot } from "./snapshot.ts";
import type { ViewRefusal } from "./visible-request.ts";

const TOO_MANY_WAITERS: Failure = {
  code: "rate_limited",
  message: "Too many calls wait on this request already. The request stays; call again later, or wait in one place.",
  retryAfter: 5,
};

/** Why a request is past cancelling. One that is still pending is past its deadline, and that is not recorded yet. */
const HOW_IT_STANDS: Record<Exclude<Snapshot["status"], "cancelled">, string> = {
  pending: "The deadline has passed",
  settling: "A decision is being recorded",
  approved: "The request is approved",
  denied: "The request is denied",
  expired: "The request is expired",
};

const HOW_MUCH: Record<keyof AgentCaps, (most: number) => string> = {
  MAX_PENDING_PER_AGENT: (most) => `${most} requests of yours are waiting`,
  MAX_REQUESTS_PER_MINUTE: (most) => `You have asked ${most} times within a minute`,
};

/** What is used up. `credits` is what one costs, and no limit by itself. */
const HOW_OFTEN: Record<OverLimit["limit"], string> = {
  perMinute: "You have done within a minute all that",
  perDay: "You have done within 24 hours all that",
  credits: "You have spent all that",
  creditsPerDay: "You have spent within 24 hours all that",
};

/** What is told of a rule; its own message takes the place of the first, and stands behind the others, which say what to do. */
const DENIED: Record<JudgementCode, (rule: string) => string> = {
  policy_denied: (rule) => `The rule ${rule} does not allow this: do not do it.`,
  outside_window: (rule) => `The rule ${rule} allows this at other times only: do not do it now.`,
  reason_required: (rule) => `The rule ${rule} wants to know why: ask again with a reason.`,
  unwrap_failed: (rule) =>
    `The rule ${rule} judges this as the call that it holds, and could not tell which one that is: say it as the tool describes. Nothing was sent.`,
  no_eligible_approver: (rule) => `Nobody who may approve this by the rule ${rule} is left: ask other people, or fewer.`,
};

const denied = (code: JudgementCode, rule: string, message: string | null): string =>
  code === "policy_denied" ? (message ?? DENIED[code](rule)) : [DENIED[code](rule), message].filter((said) => said !== null).join(" ");

const deniedWhenUsed = (code: FailureCode, rule: string, said: string): Failure => ({
  code,
  message: `${said} Do not act on this approval.`,
  rule,
});

/** What an agent is told when a call of its is refused. */
export const agentFailure = publicAnswers<AgentRefusal>({
  "payload-too-large": ({ mostBytes }) => ({
    code: "payload_too_large",
    message: `The payload is larger than ${mostBytes} bytes in canonical form.`,
  }),
  "key-used-for-another": {
    code: "idempotency_conflict",
    message: "This idempotency key was used for a different request. Use a new key for a new request.",
  },
  "nothing-is-revealed": {
    code: "policy_denied",
    message: "This service reveals no requests to the public. Nothing was asked; ask again without reveal.",
  },
  "unknown-approvers": ({ usernames }) => ({ code: "unknown_approver", message: `Nobody here is called ${usernames.join(", ")}.` }),
  "too-few-approvers": ({ required, eligible }) => ({
    code: "no_eligible_approver",
    message: `This needs approval by ${required} of the people asked, and only ${eligible} can approve.`,
  }),
  "over-cap": ({ cap, most, retryAfter }) => ({
    code: "rate_limited",
    message: `${HOW_MUCH[cap](most)}, which is the limit. Nothing was asked; try again later.`,
    retryAfter,
    reason: cap,
  }),
  "over-limit": ({ rule, limit, retryAfter }) => ({
    code: "rate_limited",
    message: `${HOW_OFTEN[limit]} the rule ${rule} lets you do. Nothing was asked; try again later.`,
    rule,
    retryAfter,
    reason: limit,
  }),
  "unknown-request": { code: "unknown_request", message: "There is no such request of yours." },
  "too-many-waiters": TOO_MANY_WAITERS,
  "not-admitted": ({ failure }) => failure,
  "revoked-while-waiting": KEY_REVOKED,
  "agent-revoked": KEY_REVOKED,
  "agent-stopped": AGENT_STOPPED,
  "not-delegated": NOT_DELEGATED,
  denied: ({ code, rule, message }) => ({ code, message: denied(code, rule, message), rule }),
  "denied-by-pattern": ({ comment, until }) => ({
    code: "denied_pattern",
    message: `A person has denied the like of this, and nobody is asked about it until ${until}: do not do it.${comment === null ? "" : ` They said: ${comment}`}`,
  }),
  "denied-when-used": ({ rule, message }) => deniedWhenUsed("policy_denied", rule, denied("policy_denied", rule, message)),
  "outside-window-when-used": ({ rule, message }) => deniedWhenUsed("outside_window", rule, denied("outside_window", rule, message)),
  "policy-changed": ({ rule }) =>
    deniedWhenUsed(
      "policy_changed",
      rule,
      `The rule ${rule}, or who may approve by it, has changed since: what was approved is not enough any more.`,
    ),
  "past-cancelling": ({ status }) => ({ code: "already_final", message: `${HOW_IT_STANDS[status]}; it can no longer be cancelled.` }),
  "not-approved": { code: "not_approved", message: "This request is not approved: do not act on it." },
  "approver-revoked": { code: "not_approved", message: "The person who approved this may no longer approve: do not act on it. Ask again." },
  "grant-over": {
    code: "not_approved",
    message: "What let this pass without people has been taken back: do not act on it. Ask again.",
  },
  "payload-mismatch": { code: "payload_mismatch", message: "This is not the payload that was approved: do not act on it." },
  "use-by-passed": { code: "deadline_passed", message: "It is later than use_by: do not act on it. Ask again if it is still needed." },
  "already-redeemed": { code: "already_redeemed", message: "This approval has been redeemed by another call: do not act on it again." },
  "not-redeemed": { code: "not_redeemed", message: "Redeem the approval before you report how the action went." },
  "already-reported": { code: "already_reported", message: "Another outcome has been reported for this action." },
  "already-final": { code: "already_final", message: "This request has ended: nothing more is recorded of it." },
  "deadline-passed": { code: "deadline_passed", message: "The time to decide is over: nothing more is recorded of it." },
  "no-question": { code: "no_question", message: "Nobody waits for an answer of yours on this request. Nothing was recorded." },
  "number-in-answer": {
    code: "number_in_answer",
    message:
      "This answer holds the number that you show to whoever approves. They have to read it where they talk with you, and not on the page where they pick it: answer without it. Nothing was recorded.",
  },
  "only-a-test": { code: "not_redeemable", message: "This was a test that an admin sent: nothing comes of it, and nothing can be used." },
  "not-redeemable": ({ server }) => ({
    code: "not_redeemable",
    message: `The gate makes this call itself, once it is approved, and says how it went: call resume_call at /mcp/${server} with this request_id instead.`,
  }),
  archived: { code: "already_final", message: "This was over long ago and is in the archive: nothing more is recorded of it." },
  "log-ended": {
    code: "log_ended",
    message: "The log that holds this approval has ended, and nothing more is recorded in it: do not act on it. Ask again.",
  },
  "not-logged": {
    code: "unavailable",
    message:
      "This is stored, and not in the log yet: call again with the same arguments. Do not act on a redemption before that; one without an idempotency key cannot be called again: ask for a new approval.",
  },
});

const SIGNED_TOO_LATE: Failure = {
  code: "decision_not_accepted",
  message: "This page was open for too long, or it was used to sign already. Nothing was recorded. Reload it and sign again.",
};
const ENDED_ALREADY: Failure = { code: "already_final", message: "This request has ended already." };
const NOT_ELIGIBLE: Failure = { code: "not_eligible", message: "You cannot decide this request; nothing was recorded." };

const NOT_VISIBLE: Failure = { code: "unknown_request", message: "There is no such request, or it is not yours to see." };

/** What a person is told when a request is not shown to them, or their decision is not taken. */
export const personFailure = publicAnswers<ViewRefusal | WaitRefusal | DecisionRefusal | AskBackRefusal | TimeRefusal>({
  "not-visible": NOT_VISIBLE,
  "too-many-waiters": TOO_MANY_WAITERS,
  "unknown-request": { code: "unknown_request", message: "There is no such request, or it is not yours to decide." },
  "already-final": ENDED_ALREADY,
  archived: ENDED_ALREADY,
  "deadline-passed": { code: "deadline_passed", message: "The time to decide is over; nothing was recorded." },
  "not-eligible": NOT_ELIGIBLE,
  "person-not-standing": NOT_ELIGIBLE,
  "counted-already": {
    code: "already_decided",
    message:
      "Somebody has approved this whose passkey has the same key as one of yours, and so you count once together. Tell an admin: one of the two has to be revoked.",
  },
  "already-decided": { code: "already_decided", message: "You have signed this request already." },
  "agent-revoked": { code: "agent_stopped", message: "The agent that asked has been revoked, so its request was cancelled." },
  "agent-stopped": { code: "agent_stopped", message: "The agent that asked was stopped, so its request was cancelled." },
  "log-ended": { code: "log_ended", message: "The log that this request belonged to has ended: it has to be asked for again." },
  "question-open": { code: "question_open", message: "A question waits for the agent’s answer already. Ask again once it has answered." },
  "too-many-questions": { code: "too_many_questions", message: "The agent was asked as often about this request as can be." },
  "number-missing": {
    code: "number_not_matched",
    message: "Pick the number that the agent shows: this cannot be approved without. Nothing was recorded.",
  },
  "wrong-number": ({ isLast }) => ({
    code: "number_not_matched",
    message: `That is not the number that the agent shows. Nothing was decided, and the pick is noted. ${isLast ? "You can only deny this now." : "Look at what the agent shows; you can pick once more."}`,
  }),
  "only-deny": {
    code: "number_not_matched",
    message: "You have picked another number than the agent shows twice: you can only deny this. Nothing was recorded.",
  },
  "already-signed": {
    code: "already_signed",
    message: "Somebody has signed already, and their signature is under the deadline as it is. Nothing was recorded.",
  },
  "too-early": { code: "too_early", message: "More time can be given once most of it is over. Nothing was recorded." },
  "no-more-time": {
    code: "no_more_time",
    message: "There is no more time than this: the rule gives no more, or it was given as often as can be. Nothing was recorded.",
  },
  "proposal-without-denial": {
    code: "invalid_request",
    message: "What is proposed comes with a denial. Nothing was recorded.",
  },
  "proposal-unchanged": {
    code: "invalid_request",
    message: "What is proposed is just what the agent asked for. Nothing was recorded.",
  },
  "cooling-down": ({ retryAfter }) => ({
    code: "cooling_down",
    message: `Something of this agent was denied a moment ago: this can be approved in ${retryAfter} seconds. Nothing was recorded.`,
    retryAfter,
  }),
  "nonce-unknown": SIGNED_TOO_LATE,
  "not-in-batches": {
    code: "decision_not_accepted",
    message: "This request was asked for before a policy was published, and is decided by itself. Nothing was recorded.",
  },
  "critical-alone": { code: "decision_not_accepted", message: "What is of critical risk is approved by itself. Nothing was recorded." },
  "number-alone": {
    code: "decision_not_accepted",
    message: "Its agent shows a number that is picked for it alone: it is approved by itself. Nothing was recorded.",
  },
  "discussed-alone": {
    code: "decision_not_accepted",
    message: "Somebody has denied it, or a question to its agent waits for an answer: it is approved by itself. Nothing was recorded.",
  },
  "not-in-this-batch": { code: "decision_not_accepted", message: "What was signed does not hold this decision. Nothing was recorded." },
  "grant-not-offered": {
    code: "grant_not_accepted",
    message: "This approval cannot be remembered: nothing was recorded. Approve it without, or reload the page to see what can be.",
  },
  "grant-not-as-shown": ({ place, message }) => ({
    code: "grant_not_accepted",
    message: `What is to be remembered is not what was shown, or more (${place}: ${message}). Nothing was recorded.`,
    errors: [{ field: place, message }],
  }),
  "too-many-grants": {
    code: "too_many_grants",
    message:
      "As many approvals of this agent and tool are remembered as can be: nothing was recorded. Approve it without, or revoke a grant first.",
  },
  ...passkeyAnswers("decision_not_accepted", "Nothing was recorded."),
});

/** What agents and people are told when there is no receipt for them. */
export const receiptFailure = publicAnswers<ViewRefusal | ReceiptRefusal>({
  "not-visible": NOT_VISIBLE,
  "not-ended": { code: "not_final", message: "This request has not ended yet: a receipt is there once it has." },
  withheld: {
    code: "withheld",
    message:
      "No receipt is made of this request any more: what names somebody who was erased is withheld. Its leaves are in the log still, and a receipt downloaded before stays valid.",
  },
  "proofs-lost": ({ log }) => ({
    code: "unavailable",
    message: `This request is in the log ${log}, which has ended, and the database does not hold all that proves it there. A receipt downloaded before stays valid.`,
  }),
});

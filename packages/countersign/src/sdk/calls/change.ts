/**
 * Calls that change something, and what is known of one whose answer was not understood: whatever stands between client and
 * service may answer wrongly, or not at all, after the service has done what it was asked. Each may be made again without harm.
 */
import type { CallOutcome } from "../../documents/record.ts";
import type { Approval, Refused } from "../answers.ts";

/** One of them: what is asked, withdrawn, used or reported. */
export interface ChangeKind {
  /** What is not known without an answer: whether … */
  whether: string;
  /** What to do then. */
  now: string;
  /** Whether the service can have answered with this approval. */
  isAnswer: (approval: Approval) => boolean;
  /** Whether it was done, by the request as it was read again; null if that does not tell. */
  isDone: (approval: Approval) => boolean | null;
}

export const ASKING: ChangeKind = {
  whether: "this was asked",
  now: "Ask again with the same idempotency key: it finds the request, if there is one.",
  isAnswer: () => true,
  isDone: () => null,
};

export const answering = (questionId: string, said: string): ChangeKind => ({
  whether: "the answer was recorded",
  now: "Give the same answer to the same question again: doing that twice is as good as once.",
  // Of several questions the last is told: this one may be an earlier.
  isAnswer: ({ question }) => question !== undefined && (question.id !== questionId || question.answer === said),
  isDone: ({ question }) => (question?.id !== questionId || question.answer === undefined ? null : question.answer === said),
});

export const CANCELLING: ChangeKind = {
  whether: "the request was withdrawn",
  now: "Withdraw it again: doing that twice is as good as once.",
  isAnswer: () => true,
  // While its end is on the way to the log, it is pending still.
  isDone: ({ status }) => (status === "cancelled" ? true : ["approved", "denied", "expired"].includes(status) ? false : null),
};

export const REDEEMING: ChangeKind = {
  whether: "this call has used the approval",
  now: "Do not act. Redeem again with the same idempotency key: what was used with it gets the same answer again.",
  isAnswer: ({ status, redeemed_at }) => status === "approved" && redeemed_at !== undefined,
  // Of one that is redeemed it is not told by whom.
  isDone: ({ status }) => (["denied", "expired", "cancelled"].includes(status) ? false : null),
};

export const reporting = (said: CallOutcome): ChangeKind => ({
  whether: "the outcome was recorded",
  now: "Report it again: doing that twice is as good as once.",
  isAnswer: ({ outcome }) => outcome === said,
  // `unknown` may be followed by another.
  isDone: ({ outcome }) =>
    outcome === said ? true : said !== "unknown" && (outcome === "succeeded" || outcome === "failed") ? false : null,
});

/** Whether what was refused so may be done all the same: no answer came, none of the service's, or it could not finish (`unavailable`). */
export const mayBeDone = ({ code, status }: Refused): boolean => code === "unreadable" || status === null || status >= 500;

/** Refused before the call itself was looked at. */
const UNSEEN = new Set(["unauthorized", "forbidden", "rate_limited"]);
/** Whether the refusal tells of the same call that was made before, too. */
export const tellsOfBefore = (refused: Refused): boolean => !mayBeDone(refused) && !UNSEEN.has(refused.code);

/** A refusal after which it is not known whether the change was made. `read` is the request, if it could be read again. */
export function notKnown(refused: Refused, { whether, now }: ChangeKind, read: Approval | null, idempotencyKey?: string): Refused {
  const message = `${refused.message} ${read === null ? "" : `${asRead(read)}. `}It is not known whether ${whether}. ${now}`;
  return { ...refused, message, notKnown: true, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}

/** A refusal of what is not done, as the request shows that was read again. */
export const notDone = (refused: Refused, read: Approval): Refused => ({
  ...refused,
  message: `${refused.message} ${asRead(read)}: this call has changed nothing.`,
});

function asRead({ status, redeemed_at, outcome }: Approval): string {
  const redeemed = redeemed_at === undefined ? (status === "approved" ? " and not redeemed" : "") : ` and was redeemed at ${redeemed_at}`;
  return `Read again, the request is ${status}${redeemed}${outcome === undefined ? "" : `, with the outcome ${outcome}`}`;
}

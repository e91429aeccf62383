/** Why a call is blocked, in words that are true of it: a person is said to have declined only what a person did decline. */
import type { Approval } from "../../sdk/answers.ts";
import {
  ApprovalCancelled,
  ApprovalDenied,
  ApprovalExpired,
  ApprovalPending,
  CountersignError,
  OutcomeNotKnown,
  ServiceUnavailable,
} from "../../sdk/approvals/errors.ts";
import { complaintOf } from "../files/plain-file.ts";

const AGAIN = "Make exactly the same call again to go on with the same request.";

/** Of a fault: nobody has looked at the call. */
export const faultText = (what: string): string =>
  `Blocked because Countersign's hook could not have it approved; no person has declined it. ${what}`;

/** What a person has to do, or the agent, before anything else happens. */
function pendingText({ approval_url, match_code, question, request_id }: Approval): string {
  const isAsked = question !== undefined && question.answered_at === undefined;
  return [
    `Blocked until it is approved: nobody has decided yet, and nobody has declined it. Decide at ${approval_url} (${request_id}).`,
    ...(match_code === undefined ? [] : [`Show the person this number, which whoever approves has to pick: ${match_code}`]),
    ...(isAsked
      ? [`A person asks: ${JSON.stringify(question.text)} Answer with: countersign answer ${request_id} ${question.id} TEXT`]
      : []),
    AGAIN,
  ].join("\n");
}

/** The reason to give to the tool and its model. `answerSeconds` is how long the gate had to answer. */
export function blockedText(error: unknown, answerSeconds: number): string {
  // What a rule refuses nobody was asked about.
  if (error instanceof ApprovalDenied && error.approval === undefined) {
    return `Blocked by a rule of the gate; no person has declined it. ${error.message} (${error.code})`;
  }
  if (error instanceof ApprovalDenied || error instanceof ApprovalExpired || error instanceof ApprovalCancelled) return error.message;
  if (error instanceof ApprovalPending) {
    const { approval } = error;
    if (approval !== undefined) return pendingText(approval);
    return faultText(`The gate did not answer within ${answerSeconds} s. ${AGAIN}`);
  }
  if (error instanceof OutcomeNotKnown) return faultText(`${error.message} (${error.code})`);
  if (error instanceof ServiceUnavailable) return faultText(`The gate cannot be reached: ${error.message} (${error.code}) ${AGAIN}`);
  if (error instanceof CountersignError) return faultText(`${error.message} (${error.code})`);
  return faultText(complaintOf(error));
}

/** What the approval page tells people while they decide. */
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

export const DIFFERENCE = texts.words.notShown + texts.words.nothingSigned;
export const TIME_UP = texts.words.timeIsUp;
export const NO_OWN_PASSKEY = texts.words.noPasskey;
export const FINDING_OUT = texts.words.findingOut;
export const PROMPT_OPEN = texts.words.asked;
export const CUT_OFF = texts.words.tooWide;
export const TOO_SMALL = texts.words.tooSmall;
export const NO_ANSWER = texts.words.noAnswer;
export const NOT_THERE = texts.words.notDecided;

/** What became of the request before a decision that came too late. */
export const BEFORE_IT: Readonly<Record<ApprovalPageState["status"], string>> = {
  pending: texts.words.timeWasUp,
  settling: texts.words.beingRecorded,
  approved: texts.words.wasApproved,
  denied: texts.words.wasDenied,
  expired: texts.words.hadExpired,
  cancelled: texts.words.wasCancelled,
};

/** What the approval page tells people while they decide. */
import type { ApprovalPageState } from "#api/approval-page-data.ts";

export const DIFFERENCE =
  "This page does not show exactly what would be signed. Something changed it, perhaps a browser extension. " +
  "Nothing was signed. Open the request in another browser or on another device.";
export const TIME_UP = "The time is up. Nothing more can be signed.";
export const NO_OWN_PASSKEY = "You have no passkey that may sign decisions. Ask an admin to confirm one.";
export const FINDING_OUT = "Finding out whether your decision was recorded.";
export const PROMPT_OPEN = "Your passkey is asked for. Answer the prompt, or close it to come back.";
export const CUT_OFF = "Part of this request is wider than the window. Make the window wider or the text smaller to approve.";
export const TOO_SMALL = "The text is too small to read. Zoom in to approve.";
export const NO_ANSWER = "No answer came through, so your decision may or may not have been recorded. This page is finding out.";
export const NOT_THERE = "The answer did not come through, and the service has no decision of yours on this request. You can sign again.";

/** What became of the request before a decision that came too late. */
export const BEFORE_IT: Readonly<Record<ApprovalPageState["status"], string>> = {
  pending: "the time was up",
  settling: "a decision was being recorded already",
  approved: "the request had been approved",
  denied: "the request had been denied",
  expired: "the request had expired",
  cancelled: "the request had been cancelled",
};

/**
 * How the sending of an approved call stands, as its request's object keeps it beside the request, and what follows from it. Pure. Who
 * sends is gate/calls/object.
 */
import { usableUntil } from "#countersign/documents/request.ts";
import type { ApprovalState } from "../../approval.ts";
import type { SettledCall } from "../admission.ts";
import type { CallRun } from "../gated-call.ts";

/** Of the gate's own claim: one that the log has from somebody else has none. */
export const OWN_CLAIM = "countersign/gated-call";

/** An answer is kept for so long, unless it was collected before. */
export const ANSWER_KEPT_MS = 3_600_000;
/** Of an answer that is kept, in UTF-8. */
export const KEPT_ANSWER_BYTES = 1_048_576;

export type RunEnd =
  /** The server's own answer; `resultHash` is of the text as it was given out. */
  | {
      status: "answered";
      isError: boolean;
      succeeded: boolean;
      resultHash: string;
      bytes: number;
      masked: SettledCall["masked"];
      ms: number;
    }
  /** Sent, and not known what became of it; or used by somebody else, as the log says. */
  | { status: "unknown"; code: string; ms: number | null }
  /** No answer that can be given. `code` and `message` say whether anything was sent. */
  | { status: "refused"; code: string; message: string; rule: string | null; ms: number | null };

export interface KeptRun {
  /** Stored before the first byte leaves: from then on nothing is ever sent (again). Milliseconds since the epoch. */
  sending: { sinceMs: number; untilMs: number } | null;
  ended: RunEnd | null;
  endedMs: number | null;
  /** Until when the answer is kept; null where none is (any more). */
  answerUntilMs: number | null;
  /** Somebody got the answer: whoever comes next gets what was given before. */
  given: boolean;
  /** The log knows how it went, or never will. */
  reported: boolean;
  /** The agent's record knows how it ended. */
  settled: boolean;
  /** What would be sent at once could not be although its server was there: only its agent has it tried again. Left out of any other. */
  waitsForAgent?: true;
}

export const NOT_RUN: KeptRun = {
  sending: null,
  ended: null,
  endedMs: null,
  answerUntilMs: null,
  given: false,
  reported: false,
  settled: false,
};

/** How a run that has ended is told; `answer` is what is kept of it. */
export function toldEnd(ended: RunEnd, answer: string | null, replayed: boolean): CallRun {
  switch (ended.status) {
    case "answered":
      if (answer === null) return { status: "collected" };
      return {
        status: "answered",
        answer: ended.isError ? { error: answer } : { result: answer },
        succeeded: ended.succeeded,
        replayed,
      };
    case "unknown":
      return { status: "unknown" };
    case "refused": {
      const { code, message, rule } = ended;
      return { status: "refused", code, message, rule, isOver: true };
    }
  }
}

/** What the archive still says of it. */
export function archivedRun({ outcome, unknown, redemption }: ApprovalState): CallRun {
  if (outcome !== null) return { status: "collected" };
  return unknown !== null || redemption !== null ? { status: "unknown" } : { status: "not-sent" };
}

/** From when an approval serves nobody any more that was not claimed, or claimed and not sent; null unless it is approved. */
export function voidFrom({ request, ending }: ApprovalState): number | null {
  if (ending?.status !== "approved") return null;
  // Its last moment is one of use.
  return Date.parse(usableUntil(request, ending.sealed.record.at)) + 1;
}

/** Whether it is approved, to be sent without anybody who comes for it, now or soon, and nothing of it was sent. Its end is in the log. */
export function isToBeSentAtOnce(approval: ApprovalState, { sending, ended, waitsForAgent }: KeptRun, nowMs: number): boolean {
  const voidMs = voidFrom(approval);
  if (approval.call?.onApproval !== true || waitsForAgent === true || voidMs === null || approval.ending?.logged == null) return false;
  return sending === null && ended === null && nowMs < voidMs;
}

/** How the call ended, for the agent's record; null while it goes on. */
export function settledStatus(approval: ApprovalState, run: KeptRun, nowMs: number): Pick<SettledCall, "status" | "code"> | null {
  const { ended } = run;
  if (ended !== null) {
    if (ended.status === "answered") return { status: ended.succeeded ? "succeeded" : "failed", code: null };
    return { status: ended.status === "unknown" ? "unknown" : "failed", code: ended.code };
  }
  if (run.sending !== null || approval.ending === null || approval.ending.logged === null) return null;
  if (approval.ending.status !== "approved") return { status: approval.ending.status, code: null };
  const isVoid = approval.redemption === null && nowMs >= (voidFrom(approval) ?? Infinity);
  return isVoid ? { status: "expired", code: "deadline_passed" } : null;
}

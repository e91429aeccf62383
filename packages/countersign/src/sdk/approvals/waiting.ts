/** How somebody waits for people: for how long, until which signal, and what they are told meanwhile. */
import type { CallOutcome } from "../../documents/record.ts";
import type { QuestionToAgent } from "../../documents/agent-view.ts";
import type { Approval } from "../answers.ts";
import type { AskedState } from "./errors.ts";

/** What has happened, each once. */
export type Progress = { state: AskedState } & (
  | { kind: "asked"; approval_url: string; approval: Approval }
  | { kind: "notified" | "seen"; at: string; approval: Approval }
  | { kind: "question"; question: QuestionToAgent; approval: Approval }
  | { kind: "decided"; status: string; approval: Approval }
  | { kind: "redeemed"; approval: Approval }
  /** `problem`: why it could not be reported how it went. */
  | { kind: "reported"; outcome: CallOutcome; problem?: string }
);

export interface WaitOptions {
  /** Ends the waiting with `ApprovalPending`; it withdraws nothing. */
  signal?: AbortSignal;
  /** By default until the request ends. 0 asks, and does not wait. */
  waitSeconds?: number;
  /** What it throws is of no consequence. */
  onProgress?: (progress: Progress) => void;
  /** Gives the answer to what a person asks before deciding, or undefined to leave it unanswered, as when it throws. */
  onQuestion?: (question: QuestionToAgent, approval: Approval) => Promise<string | undefined> | string | undefined;
}

/** Tells what happened; whoever listens cannot change what happens. */
export function tellProgress({ onProgress }: WaitOptions, progress: Progress): void {
  try {
    onProgress?.(progress);
  } catch {
    // A listener's fault must not come between an approval and its use.
  }
}

/** What came of one go at an approved call (run-call.ts). Pure. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { CallRun, CallToSend } from "#rules/calls/gated-call.ts";
import { KEPT_ANSWER_BYTES, type RunEnd } from "#rules/calls/run/kept-run.ts";
import type { RunTexts } from "./run-ports.ts";
import type { SentEnd } from "./send-call.ts";

/** It has ended, with an answer that may be too large to be kept; or it could not go on for now. */
export type Gone = { ended: RunEnd; answer: string | null } | ToldOnly;
export type ToldOnly = { told: CallRun };

export const toldRefused = (code: string, message: string, rule: string | null = null): ToldOnly => ({
  told: { status: "refused", code, message, rule },
});
export const NOT_SENT: ToldOnly = { told: { status: "not-sent" } };
export const NO_TEXTS: RunTexts = { answer: null, record: null };

/** How what was sent has ended, and what of its texts is kept. */
export function endOfSent(sent: SentEnd, ms: number, { what: keep }: CallToSend["handling"]["keep"]): { ended: RunEnd; texts: RunTexts } {
  if (sent.status === "unknown") return { ended: { ...sent, ms }, texts: NO_TEXTS };
  if (sent.status === "refused") return { ended: { ...sent, rule: null, ms }, texts: NO_TEXTS };
  const { text, whole, isError, succeeded, masked } = sent;
  const bytes = utf8(text);
  const record = keep === "full" ? whole : keep === "masked" ? text : null;
  const fits = (kept: string | null) => (kept !== null && utf8(kept).length <= KEPT_ANSWER_BYTES ? kept : null);
  return {
    ended: { status: "answered", isError, succeeded, resultHash: hex(sha256(bytes)), bytes: bytes.length, masked, ms },
    texts: { answer: fits(text), record: fits(record) },
  };
}

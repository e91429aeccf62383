/** When a message that was not accepted is tried again, and when no more. Pure but for the jitter, which is an argument. */
import { timestamp } from "#countersign/documents/words.ts";
import type { MessageState } from "./message.ts";

/**
 * Why it was not accepted. `retry`: later, not before `afterMs` if given. `refused`: never as it is. `gone`: this address takes nothing any
 * more. `answer` is a code such as `http_503` or `timed_out`, never the receiver's words.
 */
export type SendFailure = { reason: "retry"; answer: string; afterMs: number | null } | { reason: "refused" | "gone"; answer: string };

const FIRST_MS = 5_000;
const FACTOR = 3;
const SLOWEST_MS = 4 * 3_600_000;
/** With these pauses a day and a half. */
const MOST_ATTEMPTS = 14;
/** As far as a receiver may put it off. */
const MOST_PUT_OFF_MS = 24 * 3_600_000;

/** A channel that took nothing for so long is switched off. */
export const DISABLED_AFTER_MS = 3 * 24 * 3_600_000;
/** An address that was refused for so long is forgotten. */
export const REAPED_AFTER_MS = 3 * 24 * 3_600_000;

/** What becomes of a message after a failure. `attempts` counts the one that failed; `jitter` is from 0 to 1, and spreads it over a fifth. */
export function afterFailure(
  failure: SendFailure | { reason: "moot"; answer: string },
  { attempts, givesUpAt, jitter }: { attempts: number; givesUpAt: string | null; jitter: number },
  nowMs: number,
): { state: MessageState; nextAt: string } {
  const now = timestamp(nowMs);
  if (failure.reason === "moot") return { state: "dropped", nextAt: now };
  if (failure.reason !== "retry") return { state: "failed", nextAt: now };
  const pause = Math.min(FIRST_MS * FACTOR ** (attempts - 1), SLOWEST_MS) * (0.9 + 0.2 * jitter);
  const putOff = Math.min(Math.max(failure.afterMs ?? 0, 0), MOST_PUT_OFF_MS);
  const nextAt = timestamp(Math.round(nowMs + Math.max(pause, putOff)));
  const isLast = attempts >= MOST_ATTEMPTS || (givesUpAt !== null && nextAt > givesUpAt);
  return { state: isLast ? "failed" : "waiting", nextAt };
}

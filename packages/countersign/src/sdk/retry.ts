/** Asking again, for a while, what did not come through. Which questions may be asked twice is for those who ask to know. */
import type { Result } from "../result.ts";

const FIRST_PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];
const LONGEST_PAUSE_MS = 15_000;

/** Milliseconds to wait after so many tries that failed, beside the first: ever longer, up to 15 s. */
export const backOff = (again: number): number => FIRST_PAUSES_MS[again] ?? LONGEST_PAUSE_MS;

export interface Retries<Refusal> {
  /** Whether the same question may be answered a moment later. */
  isPassing: (refusal: Refusal) => boolean;
  /** Milliseconds until it is asked again, which it was `again` times so far; null to leave it at that. */
  pauseMs: (again: number, refusal: Refusal) => number | null;
  sleep: (ms: number) => Promise<void>;
}

/** The first answer that is not passing, or the last one when that is left at that. */
export async function askAgain<T, Refusal>(
  ask: () => Promise<Result<T, Refusal>>,
  { isPassing, pauseMs, sleep }: Retries<Refusal>,
): Promise<Result<T, Refusal>> {
  for (let again = 0; ; again++) {
    const answer = await ask();
    if (answer.ok || !isPassing(answer.refusal)) return answer;
    const pause = pauseMs(again, answer.refusal);
    if (pause === null) return answer;
    await sleep(pause);
  }
}

/** Ending a call before its answer is there: by time, and by whoever waits for it. */

/** A signal for a call that may take so long, and no longer than the other one lets it; `done` is for when it has ended. */
export function callSignal(ms: number, given: AbortSignal | undefined): { signal: AbortSignal; done: () => void } {
  const timed = AbortSignal.timeout(ms);
  if (given === undefined) return { signal: timed, done: () => {} };
  // Older browsers lack AbortSignal.any.
  const both = new AbortController();
  const stop = (): void => both.abort(given.aborted ? given.reason : timed.reason);
  if (given.aborted) stop();
  for (const one of [timed, given]) one.addEventListener("abort", stop);
  const done = (): void => {
    for (const one of [timed, given]) one.removeEventListener("abort", stop);
  };
  return { signal: both.signal, done };
}

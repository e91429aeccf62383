/** A process that was killed outright cannot stop its children, so they watch for its end. */

const INTERVAL_MS = 500;

/** Calls `onGone` once the process that started this one has ended. Does not keep this one alive. */
export function followParent(onGone) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS);
  timer.unref();
}

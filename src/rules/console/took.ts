/** How long people took to decide, as it is counted: in steps, so that a day costs a few rows however many decided. Pure. */

/** Upper bounds in seconds, each at most double the one before; what is longer counts as `LONGER`. Stored: a bound is added, never changed. */
export const STEPS = [
  5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600,
  28_800, 43_200, 86_400, 172_800, 345_600, 604_800,
] as const;
export const LONGER = "+Inf";

/** The step that so many seconds are counted in. */
export const stepOf = (seconds: number): string => String(STEPS.find((bound) => seconds <= bound) ?? LONGER);

const boundOf = (step: string): number => (step === LONGER ? Number.POSITIVE_INFINITY : Number(step));

/**
 * So many seconds at most a part of all (0.5: the median) took, as evenly spread within its step; null if there are none. Of those that took
 * longer than the last step it is that step.
 */
export function quantile(counts: ReadonlyMap<string, number>, part: number): number | null {
  const steps = [...counts].filter(([, n]) => n > 0).toSorted(([one], [other]) => boundOf(one) - boundOf(other));
  const wanted = part * steps.reduce((sum, [, n]) => sum + n, 0);
  let before = 0;
  for (const [step, n] of steps) {
    const [from, to] = [STEPS.findLast((bound) => bound < boundOf(step)) ?? 0, boundOf(step)];
    if (before + n >= wanted) return to === Number.POSITIVE_INFINITY ? from : from + ((to - from) * (wanted - before)) / n;
    before += n;
  }
  return null;
}

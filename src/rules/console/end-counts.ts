/** How many requests ended how. */
import type { End } from "./sums.ts";

export type EndCounts = Record<End, number>;

/** Of sums whose `outcome` is an end; others are not counted. */
export function endCounts(sums: readonly { outcome: string; n: number }[]): EndCounts {
  const of = (end: End) => sums.reduce((sum, { outcome, n }) => sum + (outcome === end ? n : 0), 0);
  return {
    approved: of("approved"),
    auto_approved: of("auto_approved"),
    denied: of("denied"),
    expired: of("expired"),
    cancelled: of("cancelled"),
  };
}

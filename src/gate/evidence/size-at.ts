/** How large the log was at a time, by when its heads were committed. Only sizes of heads there were are found: whole commits. */
import type { HeadReader } from "#gate/log/reading/explore-log.ts";

/** Heads looked at in one question. With 32 a log of a billion leaves takes six. */
const PROBES = 32;

/**
 * The size of the newest head at or before `at`, of a log of `size` leaves; 0 if there was none. Where the log's clock was set back,
 * one of those that are at or before `at`, and followed by one that is not.
 */
export async function sizeAt(at: string, size: number, reader: HeadReader): Promise<number> {
  // The newest head known not to be after `at`, and a size from which on all are.
  let [low, high] = [0, size + 1];
  while (high - low > 1) {
    const step = Math.max(1, (high - low) / (PROBES + 1));
    const count = Math.min(PROBES, high - low - 1);
    const probes = [...new Set(Array.from({ length: count }, (_, n) => Math.min(high - 1, low + Math.max(1, Math.round(step * (n + 1))))))];
    const heads = await reader.headsFrom(probes);
    for (const [n, probe] of probes.entries()) {
      const head = heads[n];
      if (head === undefined) throw new Error(`the log has no head of ${probe} leaves or more`);
      if (head.size > size || head.at > at) high = Math.min(high, probe);
      else low = Math.max(low, head.size);
    }
    // A clock that was set back: on with what is below the first that is after.
    if (high <= low) return low;
  }
  return low;
}

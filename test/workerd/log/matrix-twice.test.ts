/**
 * Every port of the log's writer fails, and when the same batch is tried again, or another, one fails as well: each with each. After each
 * failure the whole log is derived again from its first leaf. One failure alone: matrix.test.ts.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { Effect } from "#gate/effects.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import { type Fault, FAULTY_PARTS as PARTS, HOWS, failingAs, RETRIES, retried, World } from "#test/workerd/support/log-matrix.ts";
import { oneIn } from "#test/support/every-case.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

const FIRSTS = PARTS.flatMap((part) => HOWS.flatMap((how) => RETRIES.map((retry) => ({ part, how, retry })))).map((first, turn) => ({
  ...first,
  turn,
}));
const SECONDS = HOWS.flatMap((how) => RETRIES.map((retry) => ({ how, retry })));

describe.each(FIRSTS)("$part fails, $how; $retry:", (first) => {
  test.each(PARTS.map((part, turn) => ({ part, turn })))("$part fails too, and then all is well", async ({ part, turn }) => {
    const world = await World.begun();
    // After each that failed first, and for each part, every way occurs.
    const seconds = oneIn(3, SECONDS, first.turn + turn);
    for (const { how, retry } of seconds) {
      await failingAs(`${how}, then ${retry}`, async () => {
        const batches = [world.batch()];
        await fail(world, batches, first);
        batches.unshift(retried(world, batches[0] ?? [], first.retry));
        await fail(world, batches, { part, how });
        batches.unshift(retried(world, batches[0] ?? [], retry));
        await world.attempt(batches.flat());
      });
    }
    expect(world.strikes).toBe(2 * seconds.length);
  });
});

/** The newest batch, and this on its way. A writer that remembers reads nothing, and one whose batch is there writes nothing, unless a rival came first. */
async function fail(world: World, [batch = []]: Leaf<Effect>[][], { part, how }: Pick<Fault, "part" | "how">): Promise<void> {
  const raced = part === "store.read" || (await world.isLogged(batch));
  await world.attempt(batch, { raced: raced && part !== "store.commit", fault: { part, nth: 0, how } });
}

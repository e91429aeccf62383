/**
 * Every port of the log's writer fails: before what was asked of it has happened, and after; then the same batch is tried
 * again, or another (and that fails as well: matrix-twice.test.ts). After each failure the whole log is derived again from its first leaf.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { FAULTY_PARTS, HOWS, failingAs, RETRIES, retried, World } from "#test/workerd/support/log-matrix.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

const ENDS = ["goes on", "begins anew"] as const;

const OPENING = ["store.read", "store.readTiles", "anchor.read", "store.readTiles", "anchor.read"];
const COMMITTING = ["store.commit", "anchor.read", "anchor.write"];
const SIGNING = ["signer.sign", "kept.read"];
const WITNESSING = ["kept.read", "kept.read", "store.readTiles", "witness.post", "kept.read", "kept.write", "kept.read"];

/** The moments in which a batch can find the writer, and all that is then asked of its ports, in this order. */
const MOMENTS: Record<string, { raced: boolean; forgets: boolean; calls: string[] }> = {
  "that remembers": { raced: false, forgets: false, calls: [COMMITTING, SIGNING, WITNESSING].flat() },
  "that has just begun": { raced: false, forgets: true, calls: [OPENING, COMMITTING, SIGNING, WITNESSING].flat() },
  "that loses a race": {
    raced: true,
    forgets: false,
    // The leaves one by one, and what the rival has written read before the first.
    calls: [
      ["store.commit", ...OPENING, "anchor.write"],
      ["store.findLeaf", ...COMMITTING],
      ["store.findLeaf", ...COMMITTING],
      SIGNING,
      WITNESSING,
    ].flat(),
  },
};

describe.each(Object.entries(MOMENTS))("a writer %s", (_, { raced, forgets, calls }) => {
  test("asks this of its ports, in this order", async () => {
    const world = await World.begun();
    if (forgets) world.forget();
    await world.attempt(world.batch(), { raced });
    expect(world.calls).toEqual(calls);
  });

  const places = calls.map((part, at) => ({ part, nth: calls.slice(0, at).filter((call) => call === part).length }));
  test.each(places)("and $part ($nth) fails", async (place) => {
    const world = await World.begun();
    for (const how of HOWS) {
      for (const retry of RETRIES) {
        for (const end of ENDS) {
          if (forgets) world.forget();
          const batch = world.batch();
          await failingAs(`${how}, it ${end}, ${retry}`, async () => {
            await world.attempt(batch, { raced, fault: { ...place, how } });
            if (end === "begins anew") world.forget();
            await world.attempt(retried(world, batch, retry));
            await world.attempt(batch);
          });
        }
      }
    }
    expect(world.strikes).toBe(HOWS.length * RETRIES.length * ENDS.length);
  });
});

/** Of all that only reads, one is enough here: each place of each has failed above. */
const ALIKE = ["store.readTiles", "store.findLeaf", "anchor.read", "kept.read"];

test("the parts are all that is asked of the ports", () => {
  expect(new Set([...FAULTY_PARTS, ...ALIKE])).toEqual(new Set(Object.values(MOMENTS).flatMap(({ calls }) => calls)));
});

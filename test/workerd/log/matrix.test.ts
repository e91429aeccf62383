/**
 * Every port of the log's writer fails: before what was asked of it has happened, and after; then the same batch is tried
 * again, or another; and that fails as well. After each failure the whole log is derived again from its first leaf.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { Effect } from "#gate/effects.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import { type Fault, type How, World } from "#test/workerd/support/log-matrix.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

const HOWS: How[] = ["absent", "present"];
const RETRIES = ["the same batch again", "another batch"] as const;
type Retry = (typeof RETRIES)[number];
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

const retried = (world: World, batch: Leaf<Effect>[], retry: Retry): Leaf<Effect>[] => (retry === "another batch" ? world.batch() : batch);

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
          await named(`${how}, it ${end}, ${retry}`, async () => {
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

/** D1's batch, its reads, what the object keeps, what signs, the witness. */
const PARTS = ["store.commit", "store.read", "anchor.write", "signer.sign", "kept.write", "witness.post"];
/** Of all that only reads, one is enough here: each place of each has failed above. */
const ALIKE = ["store.readTiles", "store.findLeaf", "anchor.read", "kept.read"];
const FIRSTS = PARTS.flatMap((part) => HOWS.flatMap((how) => RETRIES.map((retry) => ({ part, how, retry }))));

test("the parts are all that is asked of the ports", () => {
  expect(new Set([...PARTS, ...ALIKE])).toEqual(new Set(Object.values(MOMENTS).flatMap(({ calls }) => calls)));
});

describe.each(FIRSTS)("$part fails, $how; $retry:", (first) => {
  test.each(PARTS)("%s fails too, and then all is well", async (part) => {
    const world = await World.begun();
    for (const how of HOWS) {
      for (const retry of RETRIES) {
        await named(`${how}, then ${retry}`, async () => {
          const batches = [world.batch()];
          await fail(world, batches, first);
          batches.unshift(retried(world, batches[0] ?? [], first.retry));
          await fail(world, batches, { part, how });
          batches.unshift(retried(world, batches[0] ?? [], retry));
          await world.attempt(batches.flat());
        });
      }
    }
    expect(world.strikes).toBe(2 * HOWS.length * RETRIES.length);
  });
});

/** The newest batch, and this on its way. A writer that remembers reads nothing, and one whose batch is there writes nothing, unless a rival came first. */
async function fail(world: World, [batch = []]: Leaf<Effect>[][], { part, how }: Pick<Fault, "part" | "how">): Promise<void> {
  const raced = part === "store.read" || (await world.isLogged(batch));
  await world.attempt(batch, { raced: raced && part !== "store.commit", fault: { part, nth: 0, how } });
}

async function named(what: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    throw new Error(what, { cause: error });
  });
}

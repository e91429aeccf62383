/** What an append and an opening cost the database: the same in a log of three hundred leaves and in one of seventy thousand. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { LogSequencer } from "#durable-objects/log-sequencer.ts";
import { growLog } from "#test/workerd/support/grown-log.ts";
import { leaf, logObject, logStub } from "#test/workerd/support/log.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

/** Two levels of tiles, and three. */
const SIZES = [300, 70_000];

interface Cost {
  d1Trips: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  objectRowsWritten: number;
}

const WORK: Record<string, () => Promise<unknown>> = {
  one: () => logObject().append(leaf("one")),
  "twenty at once": () => Promise.all(Array.from({ length: 20 }, (_, i) => logObject().append(leaf(`of twenty ${i}`)))),
  "the same again": () => logObject().append(leaf("one")),
  "one, by an object that has slept": async () => {
    await evictDurableObject(logStub());
    await logObject().append(leaf("after sleep"));
  },
};

let costs: Record<string, Cost>[];

beforeAll(async () => {
  const meter = new PlatformMeter(env.DB, { LogSequencer });
  costs = [];
  for (const size of SIZES) {
    await emptyStorage();
    await growLog(size);
    await logObject().append(leaf("once for each isolate, the log's origin line is looked up"));
    const entries: [string, Cost][] = [];
    for (const [name, work] of Object.entries(WORK)) {
      meter.take();
      await work();
      const { d1Trips, d1RowsRead, d1RowsWritten, objectRowsWritten } = meter.take();
      entries.push([name, { d1Trips, d1RowsRead, d1RowsWritten, objectRowsWritten }]);
    }
    costs.push(Object.fromEntries(entries));
  }
});

test.each(["one", "twenty at once"])("%s: exactly as much in the larger log", (name) => {
  const [small, large] = costs.map((cost) => cost[name]);
  expect(large).toEqual(small);
});

test("one: leaf, key, tile and head, and the anchor; one more is read, whether there is a webhook to tell", () => {
  expect(costs[0]?.["one"]).toEqual({ d1Trips: 1, d1RowsRead: 10, d1RowsWritten: 4, objectRowsWritten: 1 });
});

/** The tile at the right edge, and the row of the list by which it was asked for. */
const ROWS_PER_LEVEL = 2;

test.each(["the same again", "one, by an object that has slept"])("%s: the larger log is read at one level of tiles more", (name) => {
  const [small, large] = costs.map((cost) => cost[name]);
  expect(large).toEqual({ ...small, d1RowsRead: (small?.d1RowsRead ?? 0) + ROWS_PER_LEVEL });
});

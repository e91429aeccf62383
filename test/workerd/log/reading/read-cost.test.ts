/** What a stranger's reading costs the database, on a log that is larger than what one search for a hash looks through. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LogSequencer } from "#durable-objects/log-sequencer.ts";
import { type Bytes, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { growLog } from "#test/workerd/support/grown-log.ts";
import { call } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

/** 66 full tiles, and 4 leaves. */
const SIZE = 16_900;

let hashes: Bytes[];
let meter: PlatformMeter;

beforeAll(async () => {
  hashes = await growLog(SIZE);
  meter = new PlatformMeter(env.DB, { LogSequencer });
  // Once for each isolate, the log's origin line is looked up.
  await cost("vkey");
});

/** Status, and rows that D1 read for it. */
async function cost(at: string): Promise<[number, number]> {
  meter.take();
  const answer = await call("GET", `/log/${at}`);
  await answer.body?.cancel();
  return [answer.status, meter.take().d1RowsRead];
}

/** To find the log by its origin line, and to see where what is read ends. */
const ROWS_BESIDES = 2;

test.each(["tile/0/000", "tile/0/065", "tile/0/065.p/1", "tile/0/066.p/4", "tile/1/000.p/66"])("one row for a tile: %s", async (at) => {
  const [status, rows] = await cost(at);
  expect(status).toBe(200);
  expect(rows).toBeLessThanOrEqual(1 + ROWS_BESIDES);
});

test.each<[string, number]>([
  ["tile/entries/065", 256],
  ["tile/entries/066.p/4", 4],
])("as many rows for a bundle as it has leaves: %s", async (at, leaves) => {
  const [status, rows] = await cost(at);
  expect(status).toBe(200);
  expect(rows).toBeLessThanOrEqual(leaves + ROWS_BESIDES);
});

test.each([
  "tile/0/066.p/5",
  "tile/0/067",
  "tile/entries/x009/x007/x199/x254/x740/991",
  "tile/0/nonsense",
  "proof/inclusion?index=1&size=16901",
  "proof/inclusion?hash=0000000000000000000000000000000000000000000000000000000000000000&size=16901",
  "proof/consistency?from=1&to=9007199254740991",
])("no row for what is beyond the log: %s", async (at) => {
  expect(await cost(at)).toEqual([404, 0]);
});

describe("proofs", () => {
  test.each(["proof/inclusion?index=70&size=16900", "proof/inclusion?index=16899&size=16900", "proof/consistency?from=333&to=16800"])(
    "a few tiles, however large the log: %s",
    async (at) => {
      const [status, rows] = await cost(at);
      expect(status).toBe(200);
      expect(rows).toBeLessThan(20);
    },
  );

  test.each<[string, number, number, number]>([
    ["the last leaf", 16_899, SIZE, 200],
    ["the first leaf of the last 64 tiles", 768, SIZE, 200],
    ["the one before", 767, SIZE, 404],
    ["the one before, in a smaller tree", 767, 16_640, 200],
  ])("a search for a hash is 64 tiles and no more: %s", async (_, index, size, expected) => {
    const [status, rows] = await cost(`proof/inclusion?hash=${hex(hashes[index] ?? new Uint8Array())}&size=${size}`);
    expect(status).toBe(expected);
    expect(rows).toBeLessThan(64 + 20);
  });
});

describe("a log that has ended, with another after it", () => {
  let ended: string;
  beforeAll(async () => {
    const final = await (await call("GET", "/log/checkpoint")).text();
    ended = `ended/${hex(sha256(utf8(final.slice(0, final.indexOf("\n")))))}`;
    const record = JSON.stringify({ kind: "log.genesis", previous: final });
    await env.DB.batch([
      env.DB.prepare("UPDATE log SET state = 'frozen'"),
      env.DB.prepare("INSERT INTO log (origin, state, created_at) VALUES ('next', 'active', '')"),
      env.DB.prepare("INSERT INTO log_leaf SELECT id, 0, 'genesis', zeroblob(33), ?, '' FROM log WHERE origin = 'next'").bind(record),
    ]);
  });

  /** Each log, and its first leaf. */
  const TO_FIND_IT = 4;

  test.each<[string, number, number]>([
    ["checkpoint", 200, 0],
    ["tile/0/065", 200, 1 + ROWS_BESIDES],
    ["tile/entries/065", 200, 256 + ROWS_BESIDES],
    ["proof/consistency?from=333&to=16800", 200, 20],
    ["proof/inclusion?hash=0000000000000000000000000000000000000000000000000000000000000000&size=16900", 404, 64 + 20],
    ["tile/0/067", 404, 0],
    ["proof/consistency?from=1&to=16901", 404, 0],
  ])("is found among them first, and then costs the same: %s", async (at, expected, most) => {
    const [status, rows] = await cost(`${ended}/${at}`);
    expect(status).toBe(expected);
    expect(rows).toBeLessThanOrEqual(TO_FIND_IT + most);
  });

  test("no row for what is no name of one", async () => {
    expect(await cost("ended/nonsense/tile/0/000")).toEqual([404, 0]);
    const [status, rows] = await cost(`ended/${"0".repeat(64)}/tile/0/000`);
    expect(status).toBe(404);
    expect(rows).toBeLessThanOrEqual(TO_FIND_IT);
  });
});

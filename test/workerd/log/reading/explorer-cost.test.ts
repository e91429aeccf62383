/** What looking at the log costs the database, on one with as many heads as leaves: the same as on a small one. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { ApprovalRequest } from "#durable-objects/approval-request.ts";
import { LogSequencer } from "#durable-objects/log-sequencer.ts";
import { growLog } from "#test/workerd/support/grown-log.ts";
import { call } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

const SIZE = 16_900;
/** Of each head that is drawn four rows, of each leaf that is listed two, as the database counts; and what finds the log. */
const ROWS_OF_A_PAGE = 4 * 40 + 2 * 20 + 5;

let meter: PlatformMeter;

/** A head for every leaf, a minute apart, as a log gets them that is written to once a minute. */
async function addHeads(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("DROP TRIGGER log_head_insert"),
    env.DB.prepare(
      `WITH RECURSIVE head(size) AS (SELECT 2 UNION ALL SELECT size + 1 FROM head WHERE size < ?1)
       INSERT INTO log_head SELECT 1, size, size - 1, zeroblob(32), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', (size - ?1) || ' minutes') FROM head`,
    ).bind(SIZE - 1),
  ]);
}

beforeAll(async () => {
  await growLog(SIZE);
  await addHeads();
  meter = new PlatformMeter(env.DB, { LogSequencer, ApprovalRequest });
  await (await call("GET", "/log")).body?.cancel();
});

async function use(at: string): Promise<{ status: number; rows: number; trips: number; objects: string[]; text: string }> {
  meter.take();
  const answer = await call("GET", at);
  const text = await answer.text();
  const { d1RowsRead: rows, d1Trips: trips, objectRequests } = meter.take();
  return { status: answer.status, rows, trips, objects: Object.keys(objectRequests), text };
}

test("there are as many heads as leaves", async () => {
  expect(await env.DB.prepare("SELECT count(*) AS heads FROM log_head").first("heads")).toBe(SIZE);
});

test.each(["/log", "/log?before=9000", "/log?before=20", "/log?before=99999999", "/log?request=apr_x"])(
  "a page reads a few rows, however large the log: %s",
  async (at) => {
    const { status, rows, trips, objects } = await use(at);
    expect(status).toBe(200);
    expect(rows).toBeLessThanOrEqual(ROWS_OF_A_PAGE);
    expect(trips).toBeLessThanOrEqual(2);
    expect(objects.toSorted()).toEqual(["LogSequencer.checkpoint", "LogSequencer.vkey"]);
  },
);

test("the chart is drawn from the first head to the newest, in few points", async () => {
  const { text } = await use("/log");
  const [, line = ""] = /class="line" d="([^"]*)"/.exec(text) ?? [];
  const points = line
    .split(/[ML]/)
    .slice(1)
    .map((point) => point.split(" ").map(Number));
  expect(points).toHaveLength(40);
  expect([points[0], points.at(-1)]).toEqual([
    [0, 200],
    [1000, 0],
  ]);
  expect(text).toContain("16,900 entries");
});

test.each([0, 1, 8_191, SIZE - 1])("an entry reads one leaf and a few tiles: %d", async (index) => {
  const { status, rows, objects } = await use(`/log/entry/${index}`);
  expect(status).toBe(200);
  expect(rows).toBeLessThan(12);
  expect(objects).toEqual(["LogSequencer.checkpoint"]);
});

test.each([0, 1, SIZE - 1])("what is revealed reads one leaf: %d", async (index) => {
  const { status, rows, objects } = await use(`/log/revealed/${index}`);
  expect(status).toBe(index === 0 ? 200 : 404);
  expect(rows).toBeLessThanOrEqual(3);
  expect(objects).toEqual(["LogSequencer.checkpoint"]);
});

test.each([`/log/entry/${SIZE}`, "/log/entry/x", `/log/revealed/${SIZE}`, "/log/revealed/9007199254740991", "/log/revealed/x"])(
  "what is not there reads nothing: %s",
  async (at) => {
    const { status, rows } = await use(at);
    expect([status, rows]).toEqual([404, 0]);
  },
);

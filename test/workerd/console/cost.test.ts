/** What the console costs the database: as many rows at twenty thousand ended requests as at a thousand; and the round that counts, as many as are new. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import type { SummaryData } from "#api/console/summary-data.ts";
import { readAlertStanding } from "#storage/console/alert-standing.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { scraped } from "#test/workerd/support/console/scraped.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import worker from "#worker.ts";

const SIZES = [1_000, 20_000];
/** Counted in one round, at most; docs/operations.md says it. */
const A_ROUND = 5_000;
/** Ends are of these many days. */
const DAYS = 30;

let alex: Someone;
let agent: Agent;
let meter: PlatformMeter;
const costs = new Map<string, number[]>();
let told: SummaryData;

/** Requests with these numbers that have ended, in a log that has ended: listed, and with their leaves. */
async function end(from: number, to: number): Promise<void> {
  const numbers = "WITH RECURSIVE one(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < ?2)";
  const at = `strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || (n % ${DAYS}) || ' days')`;
  await env.DB.prepare(
    `${numbers} INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at, ended_at)
     SELECT ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + n, 'unixepoch'), 'apr_' || n, 'x', json_array(?4), ${at}, ${at} FROM one`,
  )
    .bind(from, to, agent.id, alex.id)
    .run();
  await env.DB.prepare(
    `${numbers} INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt)
     SELECT 2, n, 'apr_' || n || ':final', zeroblob(33), json_object('kind', iif(n % 4 = 0, 'approval.denied', 'approval.approved'), 'at', ${at},
       'request', json_object('id', 'apr_' || n, 'policy', json_object('rule', 'rule ' || (n % 7)), 'requested_by', json_object('id', ?3),
         'requested_at', strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || (n % ${DAYS}) || ' days', '-' || (n % 900) || ' seconds')),
       'decisions', json_array(json_object('statement', json_object('approver', json_object('id', ?4), 'verdict', 'approved')))), '' FROM one`,
  )
    .bind(from, to, agent.id, alex.id)
    .run();
}

const everyMinute = async (): Promise<void> => await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  await (await call("GET", "/api/v1/me", { cookie: alex.cookie })).body?.cancel();
  meter.take();
  await work();
  costs.set(name, [...(costs.get(name) ?? []), meter.take().d1RowsRead]);
}

const get = async (path: string): Promise<void> => {
  const answer = await call("GET", path, { cookie: alex.cookie, origin: null });
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
};

beforeAll(async () => {
  ({ person: alex, agent } = await personAndAgent());
  meter = new PlatformMeter(env.DB, {});
  await env.DB.prepare("INSERT INTO log (id, origin, state, created_at) VALUES (2, 'one that has ended', 'frozen', '')").run();
  let from = 0;
  for (const size of SIZES) {
    await end(from, size);
    for (let round = 0; round <= (size - from) / A_ROUND; round++) await everyMinute();
    await measure("the overview", () => get("/admin?days=90"));
    await measure("the summary", () => get("/api/v1/metrics/summary?days=90"));
    await measure("settings", () => get("/admin/settings"));
    await measure("a scrape", () => scraped());
    await measure("a round with nothing new", everyMinute);
    from = size;
  }
  told = await (await call("GET", "/api/v1/metrics/summary?days=90", { cookie: alex.cookie, origin: null })).json<SummaryData>();
});

it("all of them are counted", () => {
  const ended = told.ended.reduce((sum, { approved, denied }) => sum + approved + denied, 0);
  expect(ended).toBe(SIZES.at(-1));
  expect(told.time_to_decision.count).toBe(SIZES.at(-1));
});

it.each(["the overview", "the summary", "settings", "a scrape", "a round with nothing new"])(
  "reads as much at twenty thousand ended requests as at a thousand: %s",
  (name) => {
    const [few, many] = costs.get(name) ?? [];
    expect(few).toBeGreaterThan(0);
    // A step of how long it took that nobody was in before is a row of its own, for each day.
    expect(many).toBeLessThanOrEqual((few ?? 0) + (name === "the overview" || name === "the summary" ? DAYS * 15 : 10));
  },
);

it("a round reads what is new, twice, and a few rows of sums", async () => {
  await end(20_000, 20_100);
  meter.take();
  await everyMinute();
  const { d1RowsRead } = meter.take();
  expect(d1RowsRead).toBeGreaterThanOrEqual(200);
  expect(d1RowsRead).toBeLessThanOrEqual(200 * 3 + 4 * DAYS * 20);
});

it("looking for what is amiss counts no messages", async () => {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO channel (id, name, kind, settings, events, number, state, state_at, created_at, leaf_index)
       VALUES ('chn_1', 'systems', 'webhook', '{}', '[]', 1, 'active', '', '', 0)`,
    ),
    env.DB.prepare(
      `WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < 1000)
       INSERT INTO message (id, channel_id, type, content, state, next_at, created_at)
       SELECT 'msg_' || n, 'chn_1', 'x', '{}', iif(n % 2 = 0, 'waiting', 'failed'), '2999-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' FROM one`,
    ),
  ]);
  meter.take();
  await readAlertStanding(env.DB, Date.now());
  expect(meter.take().d1RowsRead).toBeLessThanOrEqual(20);
});

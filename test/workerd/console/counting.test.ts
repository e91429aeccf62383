/** What is counted of requests and calls, by the cron: all of it, each once, whatever breaks in between; and who may see it. */
import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import type { SummaryData } from "#api/console/summary-data.ts";
import { app } from "#composition/app.ts";
import type { Bindings } from "#config/bindings.ts";
import { type CountingPorts, countWhatWas } from "#gate/console/count-what-was.ts";
import { countingIn, sweepCounts } from "#storage/console/leaf-counts.ts";
import { MOST_PENDING } from "#storage/console/summed.ts";
import { below } from "#test/workerd/support/agents/below.ts";
import { ask, type Agent, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted as admittedCall, callsOf, ending, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import worker from "#worker.ts";

let alex: Someone;
let agent: Agent;

beforeEach(async () => {
  await emptyStorage();
  await env.AUDIT.prepare("DELETE FROM notice").run();
  ({ person: alex, agent } = await personAndAgent());
});

/** As what a limit has refused is recorded, but at once: the gate waits a while, and writes such calls down together. */
const OVER_ITS_LIMIT = { status: "rate_limited" as never, rule: "few" };
const everyMinute = async (): Promise<void> => await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
const summary = async (query = "", { cookie } = alex): Promise<SummaryData> =>
  await (await call("GET", `/api/v1/metrics/summary${query}`, { cookie, origin: null })).json<SummaryData>();
const today = <Day extends object>(days: readonly Day[] | null): Day | undefined => days?.at(-1);
/** Everything that is summed, by what it is of. */
const sums = async () =>
  (await env.DB.prepare("SELECT kind, day, of, outcome, n FROM metric_day ORDER BY kind, day, of, outcome").all()).results;
const totals = async () => (await env.DB.prepare("SELECT kind, of, outcome, n FROM metric_total ORDER BY kind, of, outcome").all()).results;

async function someRequests(): Promise<void> {
  for (const verdict of ["approved", "approved", "denied"] as const) await decided(alex, (await ask(agent)).request_id, verdict);
  await ask(agent);
}

async function someCalls(): Promise<void> {
  const notice = { score: 35, reasons: ["It is new."], isHeld: false };
  await callsOf(agent).settle(ending(await admittedCall(agent, { notice })));
  await admittedCall(agent, { facts: { status: "blocked", code: "policy_denied" } });
  await admittedCall(agent, { facts: { status: "pending_approval" } });
  await admittedCall(agent, { facts: OVER_ITS_LIMIT });
  await handedOver(agent);
}

it("tells what was asked and decided today, and what is pending", async () => {
  await someRequests();
  await everyMinute();
  const told = await summary("?days=7");
  expect(told.ended).toHaveLength(7);
  expect(today(told.ended)).toMatchObject({ approved: 2, auto_approved: 0, denied: 1, expired: 0, cancelled: 0 });
  expect(told.pending).toEqual({ total: 1, more: false, by_risk: [{ risk: null, count: 1 }] });
  expect(told.time_to_decision).toMatchObject({ count: 3 });
  expect(told.time_to_decision.median_seconds).toBeLessThanOrEqual(60);
  expect(told.rules).toEqual([{ rule: "default", approved: 2, auto_approved: 0, denied: 1, expired: 0, cancelled: 0 }]);
  expect(told.agents).toMatchObject([{ agent: { id: agent.id, name: agent.name }, approved: 2, denied: 1 }]);
  expect(told.people).toEqual([{ person: { id: alex.id, username: "alex" }, approved: 2, denied: 1 }]);
});

it("counts what agents below ask for as that of the agent at the top, so that each day has few sums", async () => {
  for (const name of ["one", "two"]) {
    const child = { ...agent, ...(await below(agent, { name })) };
    await decided(alex, (await ask(child)).request_id, "approved");
  }
  await decided(alex, (await ask(agent)).request_id, "approved");
  await everyMinute();
  expect((await summary()).agents).toMatchObject([{ agent: { id: agent.id, name: agent.name }, approved: 3 }]);
  expect((await sums()).filter(({ kind }) => kind === "agent")).toHaveLength(1);
});

it("says that there may be more where most of what it looked at is over and not listed so yet", async () => {
  await env.DB.prepare(
    `WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < ?3)
     INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at)
     SELECT ?1, '2026-01-01T00:00:00.000Z', 'apr_' || n, 'x', json_array(?2), '2026-01-01T01:00:00.000Z' FROM one`,
  )
    .bind(agent.id, alex.id, MOST_PENDING)
    .run();
  expect((await summary()).pending).toEqual({ total: 0, more: true, by_risk: [] });
});

it("tells of calls what the gate did with them, of what was unusual, and which limits were reached", async () => {
  await someCalls();
  await everyMinute();
  const told = await summary();
  expect(today(told.calls)).toMatchObject({ allowed: 1, held: 1, refused: 2 });
  expect(today(told.notices)).toMatchObject({ passed: 1, held: 0 });
  expect((await env.DB.prepare("SELECT agent_id, rule FROM limit_reached").all()).results).toEqual([{ agent_id: agent.id, rule: "few" }]);
});

it("counts nothing twice: the cron again, rounds at the same moment, and from the beginning", async () => {
  await someRequests();
  await someCalls();
  await everyMinute();
  const [once, all] = [await sums(), await totals()];
  expect(once.length).toBeGreaterThan(5);
  await everyMinute();
  await Promise.all([1, 2, 3].map(() => everyMinute()));
  expect([await sums(), await totals()]).toEqual([once, all]);
  await env.DB.batch([
    ...["metric_day", "metric_total", "limit_reached"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    env.DB.prepare("UPDATE metric_place SET log_id = 0, idx = -1"),
  ]);
  await Promise.all([1, 2, 3].map(() => everyMinute()));
  expect([await sums(), await totals()]).toEqual([once, all]);
});

const ports = (): CountingPorts => countingIn(env.DB, env.AUDIT, Date.now);
const broken = (): Promise<never> => Promise.reject(new Error("the connection is lost"));

it("a write that fails, and one whose answer is lost, are both made up for by the next round", async () => {
  await someRequests();
  await someCalls();
  await everyMinute();
  const once = await sums();
  await someRequests();
  await someCalls();
  await expect(countWhatWas({ ...ports(), add: broken })).rejects.toThrow("lost");
  expect(await sums()).toEqual(once);
  const answerLost: CountingPorts["add"] = async (...given) => {
    await ports().add(...given);
    return await broken();
  };
  await expect(countWhatWas({ ...ports(), add: answerLost })).rejects.toThrow("lost");
  await everyMinute();
  // How long each took is the machine's.
  const counts = (rows: Awaited<ReturnType<typeof sums>>) => rows.filter(({ kind }) => kind !== "took" && kind !== "seconds");
  expect(counts(await sums())).toEqual(counts(once).map((one) => ({ ...one, n: Number(one["n"]) * 2 })));
});

it("half of a batch is none of it: with its last statement the sums are undone", async () => {
  await someRequests();
  await env.DB.prepare("CREATE TRIGGER breaks BEFORE UPDATE ON metric_place BEGIN SELECT RAISE(ABORT, 'broken'); END").run();
  await expect(countWhatWas(ports())).rejects.toThrow("broken");
  expect(await sums()).toEqual([]);
  await env.DB.prepare("DROP TRIGGER breaks").run();
  await everyMinute();
  expect(today((await summary()).ended)).toMatchObject({ approved: 2, denied: 1 });
});

it("a record of calls that is away holds up no count of requests, and is caught up with", async () => {
  await someRequests();
  await someCalls();
  await expect(countWhatWas({ ...ports(), callsIn: broken })).rejects.toThrow("lost");
  expect(today((await summary()).ended)).toMatchObject({ approved: 2 });
  expect(today((await summary()).calls)).toMatchObject({ allowed: 0, held: 0, refused: 0 });
  await everyMinute();
  expect(today((await summary()).calls)).toMatchObject({ allowed: 1, held: 1, refused: 2 });
});

it("goes on where it came to within a round, leaf by leaf where there are many", async () => {
  await someRequests();
  const [all] = [await ports().next("requests", 500)];
  for (let n = 0; n < all.leaves.length; n++) {
    const { place, leaves } = await ports().next("requests", 1);
    const [one] = leaves;
    if (one === undefined) throw new Error("no leaf is left");
    expect(one.idx).toBe(n);
    expect(await ports().add("requests", { from: place, to: one }, { sums: [], limits: [] })).toBe(true);
    expect(await ports().add("requests", { from: place, to: one }, { sums: [["end", "2026-01-01", "", "denied", 1]], limits: [] })).toBe(
      false,
    );
  }
  expect((await ports().next("requests", 1)).leaves).toEqual([]);
  expect(await sums()).toEqual([]);
});

it("days are kept for four hundred days, totals for ever", async () => {
  await someRequests();
  await everyMinute();
  const all = await totals();
  await sweepCounts(env.DB, Date.now());
  expect(await sums()).not.toEqual([]);
  await sweepCounts(env.DB, Date.now() + 402 * 86_400_000);
  expect(await sums()).toEqual([]);
  expect(await totals()).toEqual(all);
});

it("is for admins and auditors, as a page and over REST; the days are those that there are", async () => {
  const auditor = await admitted(alex, "auditor", ["auditor"]);
  const approver = await admitted(alex, "approver", ["approver"]);
  for (const path of ["/admin", "/admin/settings", "/api/v1/metrics/summary", "/api/v1/settings"]) {
    expect([path, (await call("GET", path, { cookie: auditor.cookie, origin: null })).status]).toEqual([path, 200]);
    expect([path, (await call("GET", path, { cookie: approver.cookie, origin: null })).status]).toEqual([path, 403]);
  }
  for (const path of ["/admin?days=8", "/api/v1/metrics/summary?days=-1"])
    expect(await outcome(await call("GET", path, { cookie: alex.cookie, origin: null }))).toEqual([400, "invalid_request"]);
});

it("the page has the same numbers, shows what hides in a name, and says what this deployment lacks", async () => {
  const page = async (bindings: Partial<Bindings> = {}): Promise<string> => {
    const request = new Request(new URL("/admin?days=7", ORIGIN), { headers: { cookie: alex.cookie } });
    return await (await app.fetch(request, { ...env, ...bindings }, createExecutionContext())).text();
  };
  expect(await page()).toContain("Nothing yet.");
  agent = await makeAgent(alex, "<b>bot</b>");
  await someRequests();
  await everyMinute();
  const whole = await page();
  for (const part of ["How requests ended, as a table", "1 waits for a decision", "2 approved", "&lt;b&gt;bot&lt;/b&gt;"])
    expect(whole).toContain(part);
  for (const part of ["Nothing yet.", "<b>bot", ' style="', "lacks the binding"]) expect(whole).not.toContain(part);
  expect(await page({ AUDIT: undefined })).toContain("This deployment has no record of calls");
});

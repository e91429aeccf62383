/** Metrics for a scraper: off without a token, closed to a wrong one and to everybody else's credentials, and in the format that they claim. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { ask, type Agent, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { METRICS_TOKEN, readOpenMetrics, scrape, scraped } from "#test/workerd/support/console/scraped.ts";
import { call, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import worker from "#worker.ts";

let alex: Someone;
let agent: Agent;

beforeAll(async () => {
  ({ person: alex, agent } = await personAndAgent());
  await decided(alex, (await ask(agent)).request_id, "approved");
  await decided(alex, (await ask(agent)).request_id, "denied");
  await ask(agent);
  await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
});

it("is read by the format's own rules", async () => {
  const answer = await scrape();
  expect(answer.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  const families = readOpenMetrics(await answer.text());
  const value = (name: string, labels: Record<string, string> = {}) =>
    families.get(name)?.samples.find((one) => Object.entries(labels).every(([label, text]) => one.labels[label] === text))?.value;
  expect(value("countersign_requests_ended", { end: "approved" })).toBe(1);
  expect(value("countersign_requests_ended", { end: "denied" })).toBe(1);
  expect(value("countersign_requests_pending", { risk: "none" })).toBe(1);
  expect(families.get("countersign_decision_seconds")?.samples.find(({ name }) => name === "_count")?.value).toBe(2);
  expect(value("countersign_log_leaves")).toBeGreaterThan(3);
  expect(value("countersign_log_frozen")).toBe(0);
  expect(value("countersign_alerts", { alert: "log_frozen" })).toBe(0);
  expect(value("countersign_cron_age_seconds")).toBeGreaterThanOrEqual(0);
  expect([...families.keys()]).toContain("countersign_notices");
});

it("the reader takes nothing else", () => {
  const good = "# TYPE a counter\na_total 1\n# EOF\n";
  expect(() => readOpenMetrics(good)).not.toThrow();
  for (const [from, to, why] of [
    ["# EOF\n", "", "does not end with # EOF"],
    ["a_total", "a", "a suffix that its type has not"],
    ["a_total 1", "a_total 1\n\n", "an empty line"],
    ["a_total 1", "a_total 1\na_total 2", "the same sample twice"],
    ["a_total 1", "a_total one", "no line of OpenMetrics"],
    ["a_total 1", "a_total -1", "a counter below zero"],
    ["a_total 1", 'a_total{b="\n"} 1', "no line of OpenMetrics"],
    ["a_total 1", 'a_total{b="1",b="2"} 1', "the label b twice"],
    ["# TYPE a", "# UNIT a seconds\n# TYPE a", "a unit that the name does not end with"],
  ] as const)
    expect(() => readOpenMetrics(good.replace(from, to)), to).toThrow(why);
});

it("says that it is off where there is no token, whatever is shown", async () => {
  for (const METRICS of [undefined, ""] as const)
    expect(await outcome(await scrape(METRICS_TOKEN, { METRICS_TOKEN: METRICS ?? "" }))).toEqual([404, "metrics_off"]);
});

it("is closed without the token, with a part of it, with more, and with any other credential", async () => {
  for (const token of [null, "", METRICS_TOKEN.slice(0, -1), `${METRICS_TOKEN}0`, agent.key, env.SETUP_TOKEN])
    expect([token, await outcome(await scrape(token))]).toEqual([token, [401, "unauthorized"]]);
  const settings = { METRICS_TOKEN };
  expect(await outcome(await call("GET", "/api/v1/metrics", { cookie: alex.cookie, origin: null, settings }))).toEqual([
    401,
    "unauthorized",
  ]);
  expect(await outcome(await call("GET", "/api/v1/metrics", { key: agent.key, origin: null, settings }))).toEqual([401, "unauthorized"]);
});

it("opens nothing else", async () => {
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
  for (const path of ["/api/v1/settings", "/api/v1/metrics/summary", "/admin", "/api/v1/approvals", "/api/v1/agents"])
    expect([path, (await call("GET", path, { headers, origin: null, settings: { METRICS_TOKEN } })).status]).toEqual([path, 401]);
  const foreign = { ...headers, origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" };
  expect((await call("GET", "/api/v1/metrics", { headers: foreign, origin: null, settings: { METRICS_TOKEN } })).status).toBe(403);
});

it("makes whoever guesses wait, also who then guesses right", async () => {
  const settings = { METRICS_TOKEN, MAX_FAILURES_PER_MINUTE: "3" };
  const guess = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, "cf-connecting-ip": "192.0.2.77" };
    return (await call("GET", "/api/v1/metrics", { headers, origin: null, settings })).status;
  };
  const statuses = [];
  for (let n = 0; n < 5; n++) statuses.push(await guess(`wrong-${n}`));
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  expect(await guess(METRICS_TOKEN)).toBe(429);
});

it("leaves calls out where there is no record of them, and keeps the rest", async () => {
  const families = await scraped({ AUDIT: undefined });
  expect([...families.keys()]).not.toContain("countersign_notices");
  expect([...families.keys()]).toContain("countersign_requests_ended");
});

it("a token that serves nothing is named, not shown", async () => {
  const answer = await call("GET", "/healthz", { origin: ORIGIN, settings: { METRICS_TOKEN: "short hunter2" } });
  expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining("hunter2") as string]);
});

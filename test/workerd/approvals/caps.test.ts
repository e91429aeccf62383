/** How much one caller may do: counted exactly, answered with when to come back, and nothing is created over a cap. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "#config/config.ts";
import { networkOf } from "#http/middleware/limit-failures.ts";
import { approvalIndex } from "#storage/approvals.ts";
import {
  type Agent,
  ask,
  askFor,
  decide,
  decided,
  NOT_STOPPED,
  openPage,
  personAndAgent,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { call, cookieOf, makeAgent, outcome, signIn, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  // The middle of a minute, so that no count is cut by its end.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 60_000) * 60_000 + 10_000 });
  ({ person, agent } = await personAndAgent());
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const rows = async (): Promise<number> => (await env.DB.prepare("SELECT count(*) AS rows FROM approval").first<number>("rows")) ?? 0;
const refusedWith = async (answer: Response): Promise<number> => {
  const retryAfter = Number(answer.headers.get("retry-after"));
  expect(await outcome(answer)).toEqual([429, "rate_limited"]);
  return retryAfter;
};
/** Lists requests with caps of this test's own, as asking does. */
async function list(count: number, caps: { MAX_PENDING_PER_AGENT: number; MAX_REQUESTS_PER_MINUTE: number }, expiresInSeconds = 900) {
  const { request } = await openPage(person, (await ask(agent, { expires_in_seconds: expiresInSeconds })).request_id);
  await env.DB.prepare("DELETE FROM approval").run();
  const listing = (n: number) =>
    approvalIndex(env.DB).list({ ...request, id: `${request.id.slice(0, -3)}${100 + n}` }, caps, NOT_STOPPED.epoch);
  return Promise.all(Array.from({ length: count }, (_, n) => listing(n)));
}

describe("requests that wait", () => {
  it("up to the cap, also of calls at the same moment; then when the first deadline has passed", async () => {
    const listed = await list(9, { MAX_PENDING_PER_AGENT: 4, MAX_REQUESTS_PER_MINUTE: 100 }, 300);
    expect(listed.filter(({ status }) => status === "listed")).toHaveLength(4);
    expect(listed.find(({ status }) => status === "over-cap")).toEqual({
      status: "over-cap",
      cap: "MAX_PENDING_PER_AGENT",
      retryAfter: 300,
    });
    expect(await rows()).toBe(4);
  });

  it("do not count once they have ended, or their time is over", async () => {
    for (let n = 0; n < 100; n++) expect((await askFor(agent, { payload: { n } })).status).toBe(201);
    expect(await refusedWith(await askFor(agent))).toBe(900);
    expect(await rows()).toBe(100);
    const other = await makeAgent(person, "other-bot");
    expect((await askFor(other)).status).toBe(201);

    const { results } = await env.DB.prepare("SELECT id FROM approval WHERE agent_id = ? LIMIT 1").bind(agent.id).all<{ id: string }>();
    await decided(person, results[0]?.id ?? "", "denied");
    expect((await askFor(agent)).status).toBe(201);
    expect(await refusedWith(await askFor(agent, { payload: { n: 100 } }))).toBeGreaterThan(0);
    vi.setSystemTime(Date.now() + 901_000);
    expect((await askFor(agent)).status).toBe(201);
  });
});

it("what others asked, and what has ended, costs nobody anything and hides nothing", async () => {
  const other = await makeAgent(person, "busy-bot");
  const { request } = await openPage(person, (await ask(agent, { action: "The one that matters" })).request_id);
  const insert = env.DB.prepare(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?6)
    INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at, ended_at) SELECT ?1, ?2, 'apr_' || ?2 || i, 'Busy', ?3, ?4, ?5 FROM n`);
  const later = new Date(Date.now() + 600_000).toISOString();
  const eligible = JSON.stringify([person.id]);
  await insert.bind(other.id, "2026-01-01T00:00:00.000Z", eligible, later, "2026-01-02T00:00:00.000Z", 5_000).run();
  await insert.bind(other.id, "2026-01-03T00:00:00.000Z", eligible, later, null, 100).run();

  const meter = new PlatformMeter(env.DB, {});
  const again = { ...request, id: `${request.id.slice(0, -3)}abc` };
  const caps = { MAX_PENDING_PER_AGENT: 100, MAX_REQUESTS_PER_MINUTE: 100 };
  expect(await approvalIndex(env.DB).list(again, caps, NOT_STOPPED.epoch)).toEqual({ status: "listed", alone: true, watchers: [] });
  const { d1RowsRead } = meter.take();
  expect(d1RowsRead).toBeGreaterThan(0);
  expect(d1RowsRead).toBeLessThan(400);

  const inbox = await (await call("GET", "/", { cookie: person.cookie })).text();
  expect(inbox).toContain("The one that matters");
  expect(inbox).toContain("All 102, by deadline");
});

describe("new requests within a minute", () => {
  it("up to the cap, also of calls at the same moment; then when the first is a minute old", async () => {
    const listed = await list(9, { MAX_PENDING_PER_AGENT: 100, MAX_REQUESTS_PER_MINUTE: 5 });
    expect(listed.filter(({ status }) => status === "listed")).toHaveLength(5);
    expect(listed.find(({ status }) => status === "over-cap")).toEqual({
      status: "over-cap",
      cap: "MAX_REQUESTS_PER_MINUTE",
      retryAfter: 60,
    });
  });

  it("leave a request asked for before, with its idempotency key, within reach", async () => {
    const first = await ask(agent, { idempotency_key: "k" });
    for (let n = 1; n < 100; n++) await askFor(agent, { payload: { n } });
    expect(await outcome(await askFor(agent))).toEqual([429, "rate_limited"]);
    const again = await askFor(agent, { idempotency_key: "k" });
    expect([again.status, (await again.json<{ request_id: string }>()).request_id]).toEqual([200, first.request_id]);
  });
});

describe("refusals within a minute", () => {
  it("of a person's signatures: then nothing is verified any more, of anybody else's everything", async () => {
    const { request_id: id } = await ask(agent);
    for (let tries = 0; tries < 60; tries++) {
      const page = await openPage(person, id);
      const forged = await signedDecision(person, { ...page, nonce: page.comment_salt }, "approved");
      expect((await send(person, id, forged)).status).toBe(403);
    }
    expect(await refusedWith(await decide(person, id, "approved"))).toBe(50);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    vi.setSystemTime(Date.now() + 50_000);
    expect(await decided(person, id, "approved")).toMatchObject({ status: "approved" });
  });

  it("of one session keep nobody else from signing, and what does not even fit is not counted", async () => {
    const { request_id: id } = await ask(agent);
    for (let tries = 0; tries < 70; tries++) expect((await send(person, id, {})).status).toBe(400);
    const body = await signedDecision(person, await openPage(person, id), "approved");
    for (let tries = 0; tries < 60; tries++) await send(person, id, { ...body, nonce: body.credential_id });
    expect((await send(person, id, body)).status).toBe(429);
    const cookie = cookieOf(await signIn(person.passkey)) ?? "";
    expect((await decide({ ...person, cookie }, id, "denied")).status).toBe(200);
  });

  it("of sign-ins from one address", async () => {
    for (let tries = 0; tries < 60; tries++) expect((await signIn(person.passkey, { userVerified: false })).status).toBe(401);
    expect(await refusedWith(await signIn(person.passkey))).toBe(50);
    const { results } = await env.DB.prepare("SELECT subject, failures FROM failure").all();
    expect(results).toEqual([{ subject: expect.stringMatching(/^address:[0-9a-f]{32}$/), failures: 60 }]);
  });
});

describe("each is set by a variable of its name", () => {
  it("a whole number above zero", () => {
    expect(readConfig({ ...env, MAX_WAITERS_PER_REQUEST: "7" }).caps).toMatchObject({
      MAX_WAITERS_PER_REQUEST: 7,
      MAX_BODY_BYTES: 1_048_576,
    });
    for (const wrong of ["0", "-1", "1.5", "many"])
      expect(() => readConfig({ ...env, MAX_BODY_BYTES: wrong })).toThrow("MAX_BODY_BYTES must be");
  });
  it("and payloads never larger than the format allows", () => {
    expect(() => readConfig({ ...env, MAX_PAYLOAD_BYTES: "65537" })).toThrow("MAX_PAYLOAD_BYTES cannot be more than 65536");
  });
  it("read once for the same bindings, and anew for others; a wrong one is refused each time", () => {
    const [some, others, wrong] = [{ ...env }, { ...env, MAX_BODY_BYTES: "7" }, { ...env, MAX_BODY_BYTES: "0" }];
    expect(readConfig(some)).toBe(readConfig(some));
    expect([some, others, some].map((bindings) => readConfig(bindings).caps.MAX_BODY_BYTES)).toEqual([1_048_576, 7, 1_048_576]);
    for (let time = 0; time < 2; time++) expect(() => readConfig(wrong)).toThrow("MAX_BODY_BYTES must be");
  });
});

it("forgets everybody's counts after an hour", async () => {
  await signIn(person.passkey, { userVerified: false });
  vi.setSystemTime(Date.now() + 61 * 60_000);
  await call("POST", "/sign-in/finish", { body: {}, headers: { "cf-connecting-ip": "203.0.113.7" } });
  await signIn(person.passkey, { userVerified: false });
  const { results } = await env.DB.prepare("SELECT minute FROM failure").all();
  expect(results).toEqual([{ minute: Math.floor(Date.now() / 60_000) }]);
});

it("counts an IPv6 subscriber, who has addresses by the billion, as one", () => {
  const one = "2001:db8:1:2";
  for (const address of ["2001:db8:1:2::1", "2001:0db8:0001:0002:ffff:1:2:3", "2001:DB8:1:2::"]) expect(networkOf(address)).toBe(one);
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0");
  expect(networkOf("203.0.113.7")).toBe("203.0.113.7");
});

it("keeps nothing of an address but a keyed hash", async () => {
  await call("POST", "/setup/options", {
    body: { token: "wrong", username: "x", display_name: "x" },
    headers: { "cf-connecting-ip": "203.0.113.7" },
  });
  const { results } = await env.DB.prepare("SELECT subject FROM failure").all();
  expect(JSON.stringify(results)).not.toContain("203.0.113.7");
  expect(results).toHaveLength(1);
});

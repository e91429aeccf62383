/** What is refused before anybody is asked, by its code; and asking twice for the same thing. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, ask, askFor, PAYLOAD, personAndAgent, read, viewOf } from "#test/workerd/support/approvals.ts";
import { call, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

const approvals = async (): Promise<number> => (await env.DB.prepare("SELECT count(*) AS rows FROM approval").first<number>("rows")) ?? 0;

/** `POST /approvals` with a body as it stands. */
const sendText = (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  call("POST", "/api/v1/approvals", {
    key: agent.key,
    origin: null,
    headers: { "content-type": "application/json", ...headers },
    text: body,
  });

const withPayload = (payload: string): string => `{"action":"Deploy","wait_seconds":0,"payload":${payload}}`;
const nested = (levels: number): string => '{"a":'.repeat(levels - 1) + "{}" + "}".repeat(levels - 1);

describe("refuses, with its code and place, and asks nobody:", () => {
  const cases: [string, string, number, string, string][] = [
    ["a payload that is a list", withPayload("[1]"), 400, "invalid_request", "payload"],
    ["a payload that is text", withPayload('"x"'), 400, "invalid_request", "payload"],
    ["no payload", '{"action":"Deploy"}', 400, "invalid_request", "payload"],
    ["no action", '{"payload":{}}', 400, "invalid_request", "action"],
    ["an empty action", '{"action":"","payload":{}}', 400, "invalid_request", "action"],
    ["an action of blanks", '{"action":"  \\t\\n ","payload":{}}', 400, "invalid_request", "action"],
    ["an action that nobody sees", '{"action":"\\u200b\\u3164\\u2800\\ufe0f","payload":{}}', 400, "invalid_request", "action"],
    ["an action of codes alone", '{"action":"\\u202e \\u2066\\ue000","payload":{}}', 400, "invalid_request", "action"],
    ["an action of 201 characters", JSON.stringify({ action: "x".repeat(201), payload: {} }), 400, "invalid_request", "action"],
    [
      "a reason of 2,001 characters",
      JSON.stringify({ action: "x", payload: {}, reason: "x".repeat(2001) }),
      400,
      "invalid_request",
      "reason",
    ],
    ["a member that does not exist", '{"action":"x","payload":{},"approver":"alex"}', 400, "invalid_request", "approver"],
    ["wait_seconds above 50", '{"action":"x","payload":{},"wait_seconds":51}', 400, "invalid_request", "wait_seconds"],
    ["wait_seconds below 0", '{"action":"x","payload":{},"wait_seconds":-1}', 400, "invalid_request", "wait_seconds"],
    ["wait_seconds that is a word", '{"action":"x","payload":{},"wait_seconds":"five"}', 400, "invalid_request", "wait_seconds"],
    ["an expiry of 29 seconds", '{"action":"x","payload":{},"expires_in_seconds":29}', 400, "invalid_request", "expires_in_seconds"],
    [
      "an expiry of more than a week",
      '{"action":"x","payload":{},"expires_in_seconds":604801}',
      400,
      "invalid_request",
      "expires_in_seconds",
    ],
    [
      "both ways to name approvers",
      '{"action":"x","payload":{},"approver_username":"alex","approvers":{}}',
      400,
      "invalid_request",
      "approver_username",
    ],
    ["bad JSON", '{"action":', 400, "invalid_request", ""],
    ["JSON with something after it", '{"action":"x","payload":{}} x', 400, "invalid_request", ""],
    ["a duplicate member outside the payload", '{"action":"x","action":"y","payload":{}}', 400, "invalid_request", "action"],
    ["a duplicate member of the payload", withPayload('{"a":1,"a":2}'), 422, "payload_not_canonical", "payload.a"],
    ["a duplicate that is escaped", withPayload('{"a":1,"\\u0061":2}'), 422, "payload_not_canonical", "payload.a"],
    ["__proto__", withPayload('{"a":{"__proto__":1}}'), 422, "payload_not_canonical", "payload.a.__proto__"],
    ["a number that loses digits", withPayload('{"n":9007199254740993}'), 422, "payload_not_canonical", "payload.n"],
    ["a number that overflows", withPayload('{"n":[1e400]}'), 422, "payload_not_canonical", "payload.n[0]"],
    ["minus zero", withPayload('{"n":-0}'), 422, "payload_not_canonical", "payload.n"],
    ["a lone surrogate", withPayload('{"s":"\\ud800"}'), 422, "payload_not_canonical", "payload.s"],
    ["33 levels", withPayload(nested(33)), 422, "payload_not_canonical", "payload"],
    ["1,000 levels", withPayload(nested(1_000)), 422, "payload_not_canonical", "payload"],
    ["a payload of 64 KiB and a byte", withPayload(`{"s":"${"x".repeat(65_536 - 7)}"}`), 413, "payload_too_large", "payload"],
    ["an unknown approver", '{"action":"x","payload":{},"approver_username":"nobody"}', 422, "unknown_approver", ""],
    ["a group that nobody is in", '{"action":"x","payload":{},"approvers":{"groups":["ops"]}}', 422, "no_eligible_approver", ""],
    ["more approvers than there are", '{"action":"x","payload":{},"approvers":{"required":2}}', 422, "no_eligible_approver", ""],
  ];
  it.each(cases)("%s", async (_, body, status, code, field) => {
    const answer = await sendText(body);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const problem = await answer.json<{ code: string; status: number; detail: string; errors?: { field: string }[] }>();
    expect([answer.status, problem.status, problem.code]).toEqual([status, status, code]);
    if (field !== "") expect(problem.errors?.[0]?.field.startsWith(field)).toBe(true);
    expect(await approvals()).toBe(0);
  });

  it("a body over 1 MiB", async () => {
    expect(await outcome(await sendText(withPayload(`{"s":"${"x".repeat(1024 * 1024)}"}`)))).toEqual([413, "payload_too_large"]);
  });
  it("thousands of members that do not exist, naming twenty", async () => {
    const members = Array.from({ length: 5_000 }, (_, n) => [`m${n}${"x".repeat(50)}`, 1]);
    const answer = await sendText(JSON.stringify({ ...Object.fromEntries(members), ["y".repeat(5_000)]: 1 }));
    const text = await answer.text();
    const { errors } = JSON.parse(text) as { errors: unknown[] };
    expect([answer.status, errors.length, text.length < 8_000]).toEqual([400, 20, true]);
  });
  it("bytes that are not UTF-8", async () => {
    expect(await outcome(await sendText(Uint8Array.of(0x7b, 0xff, 0x7d)))).toEqual([400, "invalid_request"]);
  });
  it("another content type, or none", async () => {
    expect(await outcome(await sendText("{}", { "content-type": "text/plain" }))).toEqual([415, "unsupported_media_type"]);
  });
  it("another site's origin, and another host", async () => {
    expect(await outcome(await sendText(withPayload("{}"), { origin: "https://evil.example" }))).toEqual([403, "forbidden"]);
    expect(await outcome(await sendText(withPayload("{}"), { host: "evil.example" }))).toEqual([403, "forbidden"]);
  });
  it("no key, a made-up key, a revoked key", async () => {
    const body = { action: "x", payload: {} };
    expect(await outcome(await call("POST", "/api/v1/approvals", { body, origin: null }))).toEqual([401, "unauthorized"]);
    expect(await outcome(await call("POST", "/api/v1/approvals", { body, origin: null, key: `${agent.key.slice(0, -1)}_` }))).toEqual([
      401,
      "unauthorized",
    ]);
    await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: person.cookie });
    expect(await outcome(await askFor(agent))).toEqual([401, "unauthorized"]);
  });
});

it("takes what is just within the limits", async () => {
  const wide = await sendText(withPayload(`{"s":"${"x".repeat(65_536 - 8)}"}`));
  const deep = await sendText(withPayload(nested(32)));
  const exact = await sendText(withPayload('{"n":[1.0,1e2,0.1,9007199254740991],"u":"\\u00e9"}'));
  expect([wide.status, deep.status, exact.status]).toEqual([201, 201, 201]);
});

it("says the same of ids that are unknown, malformed, or another agent's, and makes nothing of them", async () => {
  const own = await ask(agent);
  const other = await makeAgent(person, "other-bot");
  const ids = [`apr_${"A".repeat(32)}`, "apr_x", "nonsense", `${own.request_id.slice(0, -1)}${own.request_id.endsWith("A") ? "B" : "A"}`];
  const answers = await Promise.all([...ids.map((id) => read(agent, id)), read(other, own.request_id)]);
  const said = await Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]));
  for (const one of said) expect(one).toEqual(said[0]);
  expect(said[0]?.[0]).toBe(404);
  for (const method of ["cancel", "receipt"] as const) {
    const path = `/api/v1/approvals/${own.request_id}/${method}`;
    const answer = await call(method === "cancel" ? "POST" : "GET", path, {
      key: other.key,
      origin: null,
      ...(method === "cancel" && { body: {} }),
    });
    expect(await outcome(answer)).toEqual([404, "unknown_request"]);
  }
  expect(await viewOf(agent, own.request_id)).toMatchObject({ status: "pending" });
});

describe("an idempotency key", () => {
  it("finds the same request again: 201, then 200, by header or member", async () => {
    const first = await askFor(agent, {}, { "idempotency-key": "deploy-1" });
    const again = await askFor(agent, { expires_in_seconds: 900, wait_seconds: 1 }, { "idempotency-key": "deploy-1" });
    const member = await askFor(agent, { idempotency_key: "deploy-1" });
    expect([first.status, again.status, member.status]).toEqual([201, 200, 200]);
    const ids = await Promise.all([first, again, member].map(async (answer) => (await answer.json<{ request_id: string }>()).request_id));
    expect(new Set(ids).size).toBe(1);
    expect(await approvals()).toBe(1);
  });

  it("is refused for anything else that is asked", async () => {
    await askFor(agent, { idempotency_key: "k" });
    for (const other of [
      { payload: { ...PAYLOAD, replicas: 4 } },
      { action: "Else" },
      { reason: "Else" },
      { expires_in_seconds: 60 },
      { approver_username: "alex" },
    ]) {
      expect(await outcome(await askFor(agent, { idempotency_key: "k", ...other }))).toEqual([409, "idempotency_conflict"]);
    }
    expect(await approvals()).toBe(1);
  });

  it("is each agent's own", async () => {
    const other = await makeAgent(person, "other-bot");
    const ids = [await ask(agent, { idempotency_key: "k" }), await ask(other, { idempotency_key: "k" })].map((view) => view.request_id);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("makes one request of many calls at the same moment", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => askFor(agent, { idempotency_key: "k" })));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await approvals()).toBe(1);
  });

  it("finishes what an earlier call broke off between listing the request and opening it", async () => {
    const first = await ask(agent, { idempotency_key: "k" });
    await runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(first.request_id)), (_, state) => state.storage.deleteAll());
    const again = await askFor(agent, { idempotency_key: "k" });
    expect([again.status, (await again.json<{ request_id: string }>()).request_id]).toEqual([201, first.request_id]);
    expect(await viewOf(agent, first.request_id)).toMatchObject({ status: "pending" });
    expect(await approvals()).toBe(1);
  });
});

it("waits no longer than told, and at most a second more", async () => {
  const { request_id: id } = await ask(agent);
  const startedMs = Date.now();
  expect(await viewOf(agent, id, 1)).toMatchObject({ status: "pending", approval_url: `${ORIGIN}/a/${id}` });
  const tookMs = Date.now() - startedMs;
  expect(tookMs).toBeGreaterThanOrEqual(900);
  // At most a second more on a machine that does nothing else; the longest wait is fifty.
  expect(tookMs).toBeLessThan(25_000);
});

/** Every call of an agent or a person counts: what is refused exactly, in D1; all of it where the platform counts without a write. */
import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "#composition/app.ts";
import { type Agent, ask, decided, PAYLOAD, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import { ERAS, messagesOf, requestText, type ToolResult } from "#test/workerd/support/mcp.ts";
import { call, type Call, cookieOf, makeAgent, ORIGIN, outcome, signIn, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;
let requestId: string;
beforeEach(async () => {
  // The middle of a minute, so that no count is cut by its end.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 60_000) * 60_000 + 10_000 });
  ({ person, agent } = await personAndAgent());
  requestId = (await ask(agent)).request_id;
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const CAP = 5;
const FEW = { MAX_REFUSALS_PER_MINUTE: String(CAP) };
type Act = () => Promise<Response>;
const times = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const counted = async (): Promise<unknown[]> => (await env.DB.prepare("SELECT subject, failures FROM failure").all()).results;
const nextMinute = () => vi.setSystemTime(Date.now() + 50_000);
const isTooMany = async (answer: Response): Promise<void> => {
  expect(answer.headers.get("retry-after")).toBe("50");
  expect(await outcome(answer)).toEqual([429, "rate_limited"]);
};

/** As the agent. */
const rest = (method: string, path: string, body?: unknown, more: Partial<Call> = {}): Act => {
  const sent = body === undefined ? {} : { body };
  return () => call(method, `/api/v1/approvals${path}`, { key: agent.key, origin: null, settings: FEW, ...sent, ...more });
};
const asking = { action: "Deploy", payload: PAYLOAD, wait_seconds: 0 };

describe("what an agent is refused", () => {
  const REFUSED: [string, number, () => Act | Promise<Act>][] = [
    ["an ask that does not fit", 400, () => rest("POST", "", { ...asking, action: "" })],
    ["an ask that is no JSON", 400, () => rest("POST", "", undefined, { text: "{", headers: { "content-type": "application/json" } })],
    ["an ask for an approver who is nobody", 422, () => rest("POST", "", { ...asking, approver_username: "nobody" })],
    ["an ask for a group that nobody is in", 422, () => rest("POST", "", { ...asking, approvers: { groups: ["none"] } })],
    ["an ask of another type", 415, () => rest("POST", "", undefined, { text: "{}", headers: { "content-type": "text/plain" } })],
    ["an ask that is too large", 413, () => rest("POST", "", { ...asking, reason: "x".repeat(1_048_577) })],
    ["an ask to reveal", 403, () => rest("POST", "", { ...asking, reveal: true })],
    ["an ask from a page", 403, () => rest("POST", "", asking, { origin: "https://evil.example" })],
    ["a request that is not there", 404, () => rest("GET", "/apr_unknown")],
    ["a receipt before the end", 409, () => rest("GET", `/${requestId}/receipt`)],
    ["a wait that is too long", 400, () => rest("GET", `/${requestId}?wait=51`)],
    ["redeeming what is not approved", 409, () => rest("POST", `/${requestId}/redeem`, { payload: PAYLOAD })],
    ["reporting what is not redeemed", 409, () => rest("POST", `/${requestId}/outcome`, { outcome: "failed" })],
    [
      "somebody else's request",
      404,
      async () => {
        const { key } = await makeAgent(person, "other-bot");
        return rest("GET", `/${requestId}`, undefined, { key });
      },
    ],
    ["a route of people", 403, () => () => call("GET", "/api/v1/people", { key: agent.key, settings: FEW })],
    ["a page", 403, () => () => call("GET", "/account", { key: agent.key, settings: FEW })],
    ["the page to sign in with", 403, () => () => call("GET", "/", { key: agent.key, settings: FEW })],
  ];

  it.each(REFUSED)("counts: %s", async (_, status, prepare) => {
    const act = await prepare();
    for (const _one of times(CAP)) expect((await outcome(await act()))[0]).toBe(status);
    await isTooMany(await act());
    nextMinute();
    expect((await outcome(await act()))[0]).toBe(status);
  });

  it("closes everything to it until the minute is over, over MCP too, and nothing to others", async () => {
    const other = await makeAgent(person, "other-bot");
    for (const _one of times(CAP)) await rest("GET", "/apr_unknown")();
    await isTooMany(await rest("GET", `/${requestId}`)());
    await isTooMany(await rest("POST", "", asking)());
    expect((await toolCall("wait_for_approval", { request_id: requestId })).structuredContent.error?.code).toBe("rate_limited");
    expect((await rest("POST", "", asking, { key: other.key })()).status).toBe(201);
    expect((await call("GET", "/", { cookie: person.cookie, settings: FEW })).status).toBe(200);
    nextMinute();
    expect((await rest("GET", `/${requestId}`)()).status).toBe(200);
  });

  it("is counted exactly, also of calls at the same moment, and written no more often than the cap", async () => {
    const meter = new PlatformMeter(env.DB, {});
    const answers = await Promise.all(times(40).map(() => rest("GET", "/apr_unknown")()));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(CAP);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40 - CAP);
    expect(meter.take().d1RowsWritten).toBe(CAP);
    expect(await counted()).toEqual([{ subject: `agent:${agent.id}`, failures: CAP }]);
    await isTooMany(await rest("GET", "/apr_unknown")());
    expect(meter.take().d1RowsWritten).toBe(0);
  });

  it("is 120 within a minute, where nothing else is set", async () => {
    const { MAX_REFUSALS_PER_MINUTE: _, ...unset } = env;
    const headers = { "x-api-key": agent.key, "content-type": "application/json" };
    const refused = () =>
      app.fetch(
        new Request(`${ORIGIN}/api/v1/approvals`, {
          method: "POST",
          headers,
          body: JSON.stringify({ ...asking, approver_username: "no" }),
        }),
        unset,
        createExecutionContext(),
      );
    const statuses: number[] = [];
    for (const _one of times(150)) statuses.push((await refused()).status);
    expect(statuses.filter((status) => status === 422)).toHaveLength(120);
    expect(statuses.slice(120)).toEqual(times(30).map(() => 429));
  });
});

/** A message to `/mcp`, as text. */
const mcp = (text: string, headers: Record<string, string> = {}, settings: Call["settings"] = FEW): Promise<Response> =>
  call("POST", "/mcp", {
    key: agent.key,
    origin: null,
    settings: settings ?? FEW,
    text,
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
  });
const LEGACY = { "mcp-protocol-version": "2025-11-25" };
const inEra = (era: (typeof ERAS)[number], method: string, params: string, name?: string) =>
  mcp(requestText(era, method, params), {
    "mcp-protocol-version": era,
    ...(era === "2026-07-28" && { "mcp-method": method, ...(name !== undefined && { "mcp-name": name }) }),
  });
async function toolCall(name: string, args: object): Promise<ToolResult> {
  const message = (await messagesOf(await inEra("2025-11-25", "tools/call", `"name":"${name}","arguments":${JSON.stringify(args)}`))).at(
    -1,
  );
  if (message?.result === undefined) throw new Error(JSON.stringify(message));
  return message.result;
}

describe.each(ERAS)("what an agent is refused over MCP %s", (era) => {
  const REFUSED: [string, () => Promise<Response>][] = [
    ["arguments that do not fit", () => inEra(era, "tools/call", `"name":"cancel_approval","arguments":{}`, "cancel_approval")],
    [
      "arguments that cannot be hashed",
      () => inEra(era, "tools/call", `"name":"cancel_approval","arguments":{"a":1,"a":1}`, "cancel_approval"),
    ],
    ["arguments that are a list", () => inEra(era, "tools/call", `"name":"cancel_approval","arguments":[]`, "cancel_approval")],
    [
      "a request that is not there",
      () => inEra(era, "tools/call", `"name":"wait_for_approval","arguments":{"request_id":"apr_x"}`, "wait_for_approval"),
    ],
    ["a tool that is not there", () => inEra(era, "tools/call", `"name":"decide","arguments":{}`, "decide")],
    ["a method that is not there", () => inEra(era, "prompts/list", "")],
    ["a task that is not there", () => inEra(era, "tasks/get", `"taskId":"apr_x"`, "apr_x")],
    ["a body that is no JSON", () => mcp("{")],
    ["a body of another type", () => mcp("{}", { "content-type": "text/plain" })],
    ["another way to call", () => call("GET", "/mcp", { key: agent.key, origin: null, settings: FEW })],
  ];

  it.each(REFUSED)("counts, each once: %s", async (_, act) => {
    for (const n of times(CAP)) {
      const answer = await act();
      expect(answer.status).not.toBe(429);
      await answer.text();
      expect(await counted()).toEqual([{ subject: `agent:${agent.id}`, failures: n + 1 }]);
    }
    const listed = await inEra(era, "tools/list", "");
    await isTooMany(listed);
    const last = (await messagesOf(await inEra(era, "tools/call", `"name":"cancel_approval","arguments":{}`, "cancel_approval"))).at(-1);
    expect(last?.result).toMatchObject({ isError: true, structuredContent: { error: { code: "rate_limited", retry_after: 50 } } });
    await isTooMany(await mcp("{"));
    await isTooMany(await rest("GET", `/${requestId}`)());
    expect(await counted()).toEqual([{ subject: `agent:${agent.id}`, failures: CAP }]);
  });

  it("is answered as too many by the tool whose call is one too many", async () => {
    const refused = () => inEra(era, "tools/call", `"name":"cancel_approval","arguments":{}`, "cancel_approval");
    const answers = await Promise.all(times(3 * CAP).map(async () => (await messagesOf(await refused())).at(-1)?.result));
    const codes = answers.map((result) => result?.structuredContent.error?.code);
    expect(codes.filter((code) => code === "invalid_request")).toHaveLength(CAP);
    expect(codes.filter((code) => code === "rate_limited")).toHaveLength(2 * CAP);
  });
});

it("counts each message of a list over MCP", async () => {
  const one = requestText("2025-11-25", "tools/call", `"name":"cancel_approval","arguments":{}`);
  const list = `[${times(3)
    .map((n) => one.replace('"id":7', `"id":${n}`))
    .join()}]`;
  await messagesOf(await mcp(list, { "mcp-protocol-version": "2025-03-26" }));
  expect(await counted()).toEqual([{ subject: `agent:${agent.id}`, failures: 3 }]);
});

it("what succeeds writes nothing, however often", async () => {
  await decided(person, requestId, "approved");
  await rest("POST", `/${requestId}/redeem`, { payload: PAYLOAD, idempotency_key: "k" })();
  const meter = new PlatformMeter(env.DB, {});
  for (const act of [
    rest("GET", `/${requestId}`),
    rest("GET", `/${requestId}/receipt`),
    rest("POST", `/${requestId}/redeem`, { payload: PAYLOAD, idempotency_key: "k" }),
    () => inEra("2025-11-25", "tools/list", ""),
    () => call("GET", "/account", { cookie: person.cookie }),
    () => call("GET", `/a/${requestId}/state`, { cookie: person.cookie }),
  ]) {
    for (const _one of times(3)) expect((await act()).status).toBe(200);
  }
  expect(meter.take().d1RowsWritten).toBe(0);
  expect(await counted()).toEqual([]);
});

describe("what a session is refused", () => {
  const as = (method: string, path: string, body?: unknown, more: Partial<Call> = {}): Act => {
    const sent = body === undefined ? {} : { body };
    return () => call(method, path, { cookie: person.cookie, settings: FEW, ...sent, ...more });
  };
  const REFUSED: [string, number, () => Act][] = [
    ["the state of a request that is not there", 404, () => as("GET", "/a/apr_unknown/state")],
    ["the state of a request, asked for wrongly", 400, () => as("GET", `/a/${requestId}/state?wait=many`)],
    ["a nonce for a request that is not there", 404, () => as("POST", "/a/apr_unknown/nonce", {})],
    ["a decision that does not fit", 400, () => as("POST", `/a/${requestId}/decision`, {})],
    ["a page that is not there", 404, () => as("GET", "/a/apr_unknown")],
    ["an invitation that does not fit", 400, () => as("POST", "/api/v1/invites", { roles: ["king"] })],
    ["an invitation for somebody who is there", 400, () => as("POST", "/api/v1/invites", { username: "alex", roles: [] })],
    ["taking back an invitation that is not there", 404, () => as("DELETE", "/api/v1/invites/inv_unknown")],
    ["a statement for an agent without a name", 400, () => as("POST", "/admin/agents/statement", { name: "" })],
    ["a statement about nobody", 404, () => as("POST", "/admin/people/statement", { operation: "passkey.enrolled", credential_id: "AA" })],
    ["revoking an agent that is not there", 404, () => as("DELETE", "/api/v1/agents/agt_unknown")],
    ["naming a passkey of nobody's", 404, () => as("PUT", "/account/passkeys/unknown", { name: "mine" })],
    ["ending a session that is not there", 404, () => as("DELETE", "/api/v1/me/sessions/ses_unknown")],
    ["a receipt before the end", 409, () => as("GET", `/api/v1/approvals/${requestId}/receipt`)],
    ["an agents' route", 403, () => as("POST", "/api/v1/approvals", asking)],
  ];

  it.each(REFUSED)("counts: %s", async (_, status, prepare) => {
    const act = prepare();
    for (const _one of times(CAP)) expect((await outcome(await act()))[0]).toBe(status);
    await isTooMany(await act());
    await isTooMany(await as("GET", "/api/v1/me")());
    const again = cookieOf(await signIn(person.passkey)) ?? "";
    expect((await as("GET", "/api/v1/me", undefined, { cookie: again })()).status).toBe(200);
    nextMinute();
    expect((await outcome(await act()))[0]).toBe(status);
  });

  it("counts: what a role does not open", async () => {
    const blair = await admitted(person, "blair", ["approver"]);
    for (const _one of times(CAP)) expect((await as("GET", "/admin/people", undefined, { cookie: blair.cookie })()).status).toBe(403);
    await isTooMany(await as("GET", "/api/v1/agents", undefined, { cookie: blair.cookie })());
  });

  it("is told on a page where a page was asked for", async () => {
    const page = as("GET", "/a/apr_unknown", undefined, { headers: { accept: "text/html" } });
    for (const _one of times(CAP)) expect(await (await page()).text()).toContain("Nothing here for you");
    for (const path of ["/a/apr_unknown", "/", "/account", "/log"]) {
      const answer = await as("GET", path, undefined, { headers: { accept: "text/html" } })();
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "50"]);
      expect(await answer.text()).toContain("Too many of your calls were refused");
    }
  });

  it("does not count what another site's page sends, which would shut its visitor out", async () => {
    for (const _one of times(3 * CAP)) {
      await as("POST", "/api/v1/invites", {}, { origin: "https://evil.example" })();
      await as("POST", "/api/v1/approvals", {}, { origin: "https://evil.example" })();
    }
    expect(await counted()).toEqual([]);
    expect((await as("GET", "/api/v1/me")()).status).toBe(200);
  });
});

it("refused signatures of one session at the same moment are no more than the cap either", async () => {
  const settings = { ...FEW, MAX_REFUSALS_PER_MINUTE: "1000" };
  const forged = { nonce: "AA", verdict: "approved", comment: "", credential_id: "AA" };
  const assertion = { client_data_json: "AA", authenticator_data: "AA", signature: "AA" };
  const answers = await Promise.all(
    times(100).map(() =>
      call("POST", `/a/${requestId}/decision`, { cookie: person.cookie, settings, body: { ...forged, assertion } }).then(outcome),
    ),
  );
  expect(answers.filter(([status]) => status === 403)).toHaveLength(60);
  expect(answers.filter(([status]) => status === 429)).toHaveLength(40);
});

describe("every call of one caller counts where the platform counts, refused or not:", () => {
  const LIMITED = { AGENT_CALLS: env.TEST_CALLS, SESSION_CALLS: env.TEST_CALLS };
  const ofAgent = { key: "", origin: null, settings: LIMITED };
  const CALLS: Record<string, () => Act> = {
    "reading a request": () => () => call("GET", `/api/v1/approvals/${requestId}`, { ...ofAgent, key: agent.key }),
    "asking again": () => () =>
      call("POST", "/api/v1/approvals", { ...ofAgent, key: agent.key, body: { ...asking, idempotency_key: "again" } }),
    "listing the tools": () => () => mcp(requestText("2025-11-25", "tools/list"), LEGACY, LIMITED),
    "following a request": () => () => call("GET", `/a/${requestId}/state`, { cookie: person.cookie, settings: LIMITED }),
    "renewing a nonce": () => () => call("POST", `/a/${requestId}/nonce`, { cookie: person.cookie, settings: LIMITED, body: {} }),
    "drafting a statement": () => () =>
      call("POST", "/admin/agents/statement", { cookie: person.cookie, settings: LIMITED, body: { name: "bot" } }),
    "the inbox": () => () => call("GET", "/", { cookie: person.cookie, settings: LIMITED }),
    "the log": () => () => call("GET", "/log", { cookie: person.cookie, settings: LIMITED }),
    "another site's page": () => () =>
      call("POST", "/api/v1/invites", { cookie: person.cookie, settings: LIMITED, origin: "https://evil.example", body: {} }),
  };

  it.each(Object.entries(CALLS))("%s", async (_, prepare) => {
    const act = prepare();
    const statuses: number[] = [];
    // The platform's minute may end in between; the limit of four is reached in one of two.
    for (const _one of times(9)) statuses.push((await outcome(await act()))[0]);
    expect(statuses.slice(0, 4)).not.toContain(429);
    expect(statuses).toContain(429);
    expect(await counted()).toEqual([]);
  });

  it("a tool says so itself", async () => {
    const text = requestText(
      "2025-11-25",
      "tools/call",
      `"name":"wait_for_approval","arguments":{"request_id":"${requestId}","wait_seconds":0}`,
    );
    const codes: unknown[] = [];
    for (const _one of times(9)) {
      const result = (await messagesOf(await mcp(text, LEGACY, LIMITED))).at(-1)?.result;
      codes.push(result?.structuredContent.error?.code);
    }
    expect(codes.slice(0, 4)).toEqual(times(4).map(() => undefined));
    expect(codes).toContain("rate_limited");
  });

  it("a list counts as many calls as it has messages", async () => {
    const one = requestText("2025-11-25", "tools/list");
    const list = `[${times(9)
      .map((n) => one.replace('"id":7', `"id":${n}`))
      .join()}]`;
    expect(await outcome(await mcp(list, { "mcp-protocol-version": "2025-03-26" }, LIMITED))).toEqual([429, "rate_limited"]);
  });

  it("and a limit that cannot be asked, or is not there, stops nobody; /healthz says that it is off", async () => {
    const failing: RateLimit = { limit: () => Promise.reject(new Error("not now")) };
    for (const _one of times(9)) {
      const answer = await call("GET", "/api/v1/me", { cookie: person.cookie, settings: { SESSION_CALLS: failing } });
      expect((await given<{ id: string }>(answer)).id).toBe(person.id);
    }
    const { AGENT_CALLS: _, ...without } = env;
    const health = (bindings: typeof without) => app.fetch(new Request(`${ORIGIN}/healthz`), bindings, createExecutionContext());
    expect(await (await health(env)).json()).not.toHaveProperty("call_limits");
    expect(await (await health(without)).json()).toMatchObject({ status: "ok", call_limits: "off" });
  });
});

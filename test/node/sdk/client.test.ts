/** The client against an HTTP server that misbehaves: what it sends, what it tries again, and what it makes of the answers. */
import { afterEach, describe, expect, it } from "vitest";
import { type Approval, type Clock, CountersignClient, type Refused } from "#countersign/sdk/client.ts";
import type { Result } from "#countersign/result.ts";
import { approvalAnswer, problemAnswer, type StubAnswer, type StubRequest, stubService } from "#test/support/service/stub-service.ts";

const KEY = "csk_not-a-real-key";
const ID = `apr_${"a".repeat(32)}`;
const ASK = { action: "Deploy api to production", payload: { replicas: 3 } };
/** What the service says of one that was redeemed and reported on. */
const used = (outcome: string) => approvalAnswer({ status: "approved", redeemed_at: "2026-11-20T09:20:00.000Z", outcome });

let stub: Awaited<ReturnType<typeof stubService>>;
afterEach(() => stub?.close());

/** A client of a stub, on a clock that moves by what it sleeps and by `answerMs` with each answer. */
async function clientOf(answer: (request: StubRequest, before: number) => StubAnswer, answerMs = 0) {
  let now = 0;
  const slept: number[] = [];
  stub = await stubService((request, before) => {
    now += answerMs;
    return answer(request, before);
  });
  const clock: Clock = {
    now: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  return { client: new CountersignClient({ url: stub.url, apiKey: KEY, clock }), slept, moveBy: (ms: number) => (now += ms) };
}

const bodies = () => stub.requests.map(({ body }) => (body === "" ? null : (JSON.parse(body) as unknown)));
const paths = () => stub.requests.map(({ method, path }) => `${method} ${path}`);
const keys = () => stub.requests.map(({ headers }) => headers["idempotency-key"]);

describe("an answer that has no end", () => {
  it("is read no further than any answer goes, and given up", async () => {
    let [sent, givenUp] = [0, 0];
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536).fill(0x20));
        },
        cancel: () => {
          givenUp++;
        },
      });
    let tries = 0;
    const client = new CountersignClient({
      url: "https://gate.example.com",
      apiKey: KEY,
      fetch: () => Promise.resolve(new Response(tries++ === 0 ? endless() : JSON.stringify(approvalAnswer()))),
    });
    expect(await client.request(ASK)).toMatchObject({ ok: true });
    expect([tries, givenUp]).toEqual([2, 1]);
    expect(sent).toBeLessThan(9 * 1024 * 1024);
  });

  it("nor is one that is not UTF-8 taken for text", async () => {
    const { client } = await clientOf(() => ({ status: 200, body: Uint8Array.of(0x22, 0xff, 0x22) }));
    expect(await client.request(ASK)).toMatchObject({ ok: false, refusal: { code: "unreadable" } });
  });
});

describe("what it sends", () => {
  it("asks with everything given, and does not wait", async () => {
    const { client } = await clientOf(() => ({ status: 201, body: approvalAnswer() }));
    const ask = {
      ...ASK,
      reason: "Ticket",
      approvers: { groups: ["ops"], required: 2 },
      expiresInSeconds: 60,
      reveal: true,
      idempotencyKey: "k",
    };
    expect(await client.request(ask)).toMatchObject({
      ok: true,
      value: { request_id: ID, status: "pending", document: { next: "Wait." } },
    });
    expect(paths()).toEqual(["POST /api/v1/approvals"]);
    expect(bodies()).toEqual([
      { ...ASK, reason: "Ticket", approvers: { groups: ["ops"], required: 2 }, expires_in_seconds: 60, reveal: true, wait_seconds: 0 },
    ]);
    expect(stub.requests[0]?.headers).toMatchObject({ "x-api-key": KEY, "content-type": "application/json", "idempotency-key": "k" });
  });

  it.each<[string, (client: CountersignClient) => Promise<unknown>, string, unknown]>([
    ["cancel", (client) => client.cancel(ID, "No"), `POST /api/v1/approvals/${ID}/cancel`, { reason: "No" }],
    ["cancel", (client) => client.cancel(ID), `POST /api/v1/approvals/${ID}/cancel`, {}],
    ["outcome", (client) => client.outcome(ID, "failed"), `POST /api/v1/approvals/${ID}/outcome`, { outcome: "failed" }],
    [
      "outcome",
      (client) => client.outcome(ID, "failed", "No disk"),
      `POST /api/v1/approvals/${ID}/outcome`,
      { outcome: "failed", detail: "No disk" },
    ],
    ["wait", (client) => client.wait(ID, 0), `GET /api/v1/approvals/${ID}?wait=0`, null],
    ["wait", (client) => client.wait("../agents?x#y", 0), "GET /api/v1/approvals/..%2Fagents%3Fx%23y?wait=0", null],
  ])("%s", async (_, call, path, body) => {
    const { client } = await clientOf(() => ({ body: { ...used("failed"), ...(path.includes("..") && { request_id: "../agents?x#y" }) } }));
    expect(await call(client)).toMatchObject({ ok: true });
    expect([paths(), bodies()]).toEqual([[path], [body]]);
  });

  it("redeem: what it rests on is read first, once", async () => {
    const { client } = await clientOf(() => ({ body: used("failed") }));
    for (const given of ["k", { idempotencyKey: "k" }]) expect(await client.redeem(ID, { a: 1 }, given)).toMatchObject({ ok: true });
    const path = `/api/v1/approvals/${ID}`;
    expect(paths()).toEqual([`GET ${path}`, `POST ${path}/redeem`, `POST ${path}/redeem`]);
    expect(bodies()).toEqual([null, { payload: { a: 1 } }, { payload: { a: 1 } }]);
    expect(keys()).toEqual([undefined, "k", "k"]);
  });

  it("asks about a tool", async () => {
    const { client } = await clientOf(() => ({ status: 201, body: approvalAnswer() }));
    expect(await client.request({ ...ASK, tool: "deploy", server: "ci" })).toMatchObject({ ok: true });
    expect(bodies()).toEqual([{ ...ASK, tool: "deploy", server: "ci", wait_seconds: 0 }]);
  });

  it("never sends its key to another address", async () => {
    const elsewhere = await stubService(() => ({ body: approvalAnswer({ status: "approved" }) }));
    const { client } = await clientOf(() => ({ status: 307, headers: { location: elsewhere.url }, body: "" }));
    expect(await client.request(ASK)).toMatchObject({ ok: false, refusal: { code: "unreadable", status: 307 } });
    expect(elsewhere.requests).toEqual([]);
    expect(new Set(paths())).toEqual(new Set(["POST /api/v1/approvals"]));
    elsewhere.close();
  });
});

describe("what it tries again", () => {
  it.each<[string, (client: CountersignClient) => Promise<Result<unknown, Refused>>]>([
    ["asking", (client) => client.request(ASK)],
    ["waiting", (client) => client.wait(ID, 0)],
    ["cancelling", (client) => client.cancel(ID)],
    ["redeeming", (client) => client.redeem(ID, {})],
    ["reporting", (client) => client.outcome(ID, "succeeded")],
  ])("%s, with the same bytes and key, after lost answers, failures and being too fast", async (name, call) => {
    // Before it redeems it reads what it rests on.
    const reads = name === "redeeming" ? 1 : 0;
    const bad: StubAnswer[] = [
      {},
      { status: 502, body: "<html>" },
      problemAnswer(503, "unavailable"),
      problemAnswer(429, "rate_limited", { "retry-after": "7" }),
    ];
    const { client, slept } = await clientOf((_, before) => bad[before - reads] ?? { body: used("succeeded") });
    expect(await call(client)).toMatchObject({ ok: true });
    expect(slept).toEqual([500, 1_000, 2_000, 7_000]);
    expect(stub.requests).toHaveLength(5 + reads);
    const sent = bodies().slice(reads);
    expect(new Set(sent.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(new Set(keys().slice(reads)).size).toBe(1);
  });

  it("makes a key of its own for each request and each redemption", async () => {
    const { client } = await clientOf(() => ({ body: used("unknown") }));
    for (const call of [() => client.request(ASK), () => client.request(ASK), () => client.redeem(ID, {})]) await call();
    expect(new Set(keys()).size).toBe(3);
    expect(keys().every((key) => typeof key === "string" && key.length >= 32)).toBe(true);
  });

  it("gives up after a minute, or at once if it has to wait longer than that", async () => {
    const { client, slept } = await clientOf(() => problemAnswer(503, "unavailable"));
    expect(await client.wait(ID, 0)).toEqual({
      ok: false,
      refusal: { code: "unavailable", message: "This was refused.", status: 503 },
    });
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(60_000);
    expect(slept.length).toBeGreaterThan(5);
    stub.close();
    const later = await clientOf(() => problemAnswer(429, "rate_limited", { "retry-after": "3600" }));
    expect(await later.client.request(ASK)).toMatchObject({ ok: false, refusal: { code: "rate_limited", retryAfterSeconds: 3_600 } });
    expect(later.slept).toEqual([]);
  });

  it("says so if nobody answers", async () => {
    const { client } = await clientOf(() => ({}));
    const answer = await client.request(ASK);
    expect(answer).toMatchObject({ ok: false, refusal: { code: "unreachable", status: null } });
    expect(JSON.stringify(answer)).not.toContain(KEY);
  });

  it.each([400, 401, 403, 404, 409, 413, 422])("not what was refused with %d", async (status) => {
    const { client } = await clientOf(() => problemAnswer(status, "not_approved"));
    expect(await client.redeem(ID, {})).toEqual({ ok: false, refusal: { code: "not_approved", message: "This was refused.", status } });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("waiting", () => {
  it("takes as many calls as it needs, none longer than the service allows", async () => {
    const { client } = await clientOf((_, before) => ({ body: approvalAnswer({ status: before < 2 ? "pending" : "denied" }) }), 50_000);
    expect(await client.wait(ID, 120)).toMatchObject({ ok: true, value: { status: "denied" } });
    expect(paths().map((path) => path.split("=")[1])).toEqual(["50", "50", "20"]);
  });

  it("gives the request as it stands when the time is up", async () => {
    const { client } = await clientOf(() => ({ body: approvalAnswer() }), 50_000);
    expect(await client.wait(ID, 100)).toMatchObject({ ok: true, value: { status: "pending" } });
    expect(stub.requests).toHaveLength(2);
  });

  it("outlasts a service that is away for as long as it may wait", async () => {
    const { client, slept } = await clientOf((_, before) => (before < 20 ? {} : { body: approvalAnswer({ status: "approved" }) }));
    expect(await client.wait(ID, 600)).toMatchObject({ ok: true, value: { status: "approved" } });
    expect(Math.max(...slept)).toBe(15_000);
  });

  it("does not ask without pause if it is answered too early", async () => {
    const { client, slept } = await clientOf(() => ({ body: approvalAnswer() }));
    expect(await client.wait(ID, 3)).toMatchObject({ ok: true, value: { status: "pending" } });
    expect(slept).toEqual([1_000, 1_000, 1_000]);
  });
});

describe("what it makes of answers", () => {
  const read = async (body: unknown): Promise<Result<Approval, Refused>> => {
    const { client } = await clientOf(() => ({ body }));
    return client.wait(ID, 0);
  };

  it("passes on a status that it does not know, and members that it does not know", async () => {
    expect(await read(approvalAnswer({ status: "escrowed", risk: 3 }))).toMatchObject({
      ok: true,
      value: { status: "escrowed", document: { risk: 3 } },
    });
  });

  it.each([
    ["no JSON", "<html>"],
    ["a list", []],
    ["no status", approvalAnswer({ status: undefined })],
    ["a status that is no text", approvalAnswer({ status: ["approved"] })],
    ["a member of another type", approvalAnswer({ redeemed_at: true })],
    ["decisions that are none", approvalAnswer({ decided_by: [{ id: 1 }] })],
    ["a member twice", JSON.stringify(approvalAnswer()).replace("{", '{"status":"approved",')],
    ["another request", approvalAnswer({ request_id: `apr_${"b".repeat(32)}` })],
  ])("refuses %s", async (_, body) => {
    expect(await read(body)).toMatchObject({ ok: false, refusal: { code: "unreadable" } });
  });
});

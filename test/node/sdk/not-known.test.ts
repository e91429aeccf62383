/**
 * The client behind a proxy that passes calls on and then answers in the service's place, wrongly or not at all: what is done is
 * found out, what is not known is said to be not known, and nothing is ever done twice.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Approval, CountersignClient, type Refused } from "#countersign/sdk/client.ts";
import type { Result } from "#countersign/result.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { problemAnswer, type StubAnswer, type StubRequest, stubService } from "#test/support/service/stub-service.ts";

const PAYLOAD = { version: "4.2.0" };
const ASK = { action: "Deploy", payload: PAYLOAD };

const page = (status: number, more: Partial<StubAnswer> = {}): StubAnswer => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<html><body><h1>${status}</h1></body></html>`,
  ...more,
});

/** How the proxy answers, from what the service has answered. */
type Fault = (own: { status: number; text: string }) => StubAnswer;
const FAULTS: [string, Fault][] = [
  ...[400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504].map((status): [string, Fault] => [
    `a page with ${status}`,
    () => page(status),
  ]),
  ["a login page with 200", () => page(200)],
  ["a redirect to a login page", () => page(302, { headers: { location: "/login" } })],
  ["half of the answer", ({ status, text }) => ({ status, body: text.slice(0, text.length / 2) })],
  ["an empty answer", ({ status }) => ({ status, body: "" })],
  ["JSON of its own with 200", () => ({ body: { ok: true } })],
  ["JSON of its own with 403", () => ({ status: 403, body: { code: 403, detail: "Blocked." } })],
  ["JSON of its own with a code in words", () => ({ status: 403, body: { code: "blocked", detail: "Blocked by policy." } })],
  [
    "problem details of another status",
    () => ({ status: 502, body: { status: 404, code: "unknown_request", detail: "No such upstream." } }),
  ],
  ["a connection cut after the call", () => ({})],
];

let service: StubCountersign;
let proxy: Awaited<ReturnType<typeof stubService>>;
/** What the proxy makes of the call; null passes the service's answer on. */
let interferes: (request: StubRequest) => Fault | null;
/** Whether what changes something comes to the service. */
let passesChanges: boolean;
let client: CountersignClient;
beforeEach(async () => {
  service = new StubCountersign();
  interferes = () => null;
  passesChanges = true;
  proxy = await stubService(async (request) => {
    const { method, path, headers, body } = request;
    const sent = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const init = { method, headers: sent, ...(method === "POST" && { body }) };
    const own = passesChanges || method === "GET" ? await service.fetch(`${service.url}${path}`, init) : null;
    const answered = { status: own?.status ?? 0, text: (await own?.text()) ?? "" };
    return interferes(request)?.(answered) ?? { status: answered.status, body: answered.text };
  });
  let now = 0;
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
  client = new CountersignClient({ url: proxy.url, apiKey: service.apiKey, clock });
});
afterEach(() => proxy.close());

/** The next calls are answered so, one after the other; those after them as the service does. */
function next(...faults: Fault[]): void {
  interferes = () => faults.shift() ?? null;
}
/** Every call is answered so; with a method, only those. */
function always(fault: Fault, only?: "POST"): void {
  interferes = ({ method }) => (method === (only ?? method) ? fault : null);
}
const changes = () => proxy.requests.filter(({ method }) => method === "POST");
const refusalOf = (answer: Result<unknown, Refused>): Refused => {
  if (answer.ok) throw new Error(`not refused: ${JSON.stringify(answer.value)}`);
  return answer.refusal;
};

async function asked(): Promise<string> {
  const answer = await client.request(ASK);
  if (!answer.ok) throw new Error(answer.refusal.message);
  return answer.value.request_id;
}
async function approved(): Promise<string> {
  const id = await asked();
  service.decide(id, "approved");
  // So that the client knows what it rests on, and does not read that first.
  await client.wait(id, 0);
  return id;
}
async function redeemed(): Promise<string> {
  const id = await approved();
  await client.redeem(id, PAYLOAD);
  return id;
}

interface Example {
  /** What has to be before. */
  given: () => Promise<string>;
  call: (id: string, key?: string) => Promise<Result<Approval, Refused>>;
  done: Partial<Approval>;
  notKnown: string;
  hasKey: boolean;
}
const EXAMPLES: Record<string, Example> = {
  asking: {
    given: () => Promise.resolve(""),
    call: (_, idempotencyKey) => client.request({ ...ASK, ...(idempotencyKey !== undefined && { idempotencyKey }) }),
    done: { status: "pending", action: "Deploy" },
    notKnown: "It is not known whether this was asked. Ask again with the same idempotency key: it finds the request, if there is one.",
    hasKey: true,
  },
  cancelling: {
    given: asked,
    call: (id) => client.cancel(id, "Later"),
    done: { status: "cancelled", cancel_reason: "Later" },
    notKnown: "It is not known whether the request was withdrawn. Withdraw it again: doing that twice is as good as once.",
    hasKey: false,
  },
  redeeming: {
    given: approved,
    call: (id, key) => client.redeem(id, PAYLOAD, key),
    done: { status: "approved", redeemed_at: expect.any(String) as string },
    notKnown:
      "It is not known whether this call has used the approval. Do not act. Redeem again with the same idempotency key: what was used with it gets the same answer again.",
    hasKey: true,
  },
  reporting: {
    given: redeemed,
    call: (id) => client.outcome(id, "failed", "No disk"),
    done: { outcome: "failed" },
    notKnown: "It is not known whether the outcome was recorded. Report it again: doing that twice is as good as once.",
    hasKey: false,
  },
};

describe.each(Object.entries(EXAMPLES))("%s", (_, { given, call, done, notKnown, hasKey }) => {
  it.each(FAULTS)("is done once, and known to be, after %s", async (__, fault) => {
    const id = await given();
    next(fault);
    const before = changes().length;
    expect(await call(id)).toMatchObject({ ok: true, value: done });
    const tries = changes().slice(before);
    expect(tries).toHaveLength(2);
    expect(new Set(tries.map(({ body, headers }) => JSON.stringify([body, headers["idempotency-key"]]))).size).toBe(1);
  });

  it.each(FAULTS)("is said to be not known where all that comes is %s, and calling again tells", async (__, fault) => {
    const id = await given();
    always(fault);
    const refused = refusalOf(await call(id));
    expect(refused).toMatchObject({ code: expect.stringMatching(/^un(?:reach|read)able$/) as string, notKnown: true });
    expect(refused.message).toContain(notKnown);
    expect(refused.message).not.toMatch(/nothing|not done|was not/i);
    expect(typeof refused.idempotencyKey).toBe(hasKey ? "string" : "undefined");
    interferes = () => null;
    expect(await call(id, refused.idempotencyKey)).toMatchObject({ ok: true, value: done });
    const keys = changes().map(({ headers }) => headers["idempotency-key"]);
    expect(keys.at(-1)).toBe(keys.at(-2));
  });

  it("nor is it known of one that the service could not finish", async () => {
    const id = await given();
    always(() => problemAnswer(503, "unavailable"));
    expect(refusalOf(await call(id))).toMatchObject({ code: "unavailable", notKnown: true, message: `This was refused. ${notKnown}` });
  });

  it.each(["rate_limited", "unauthorized"])("nor after a lost answer, when the next try is refused unseen (%s)", async (code) => {
    const id = await given();
    next(
      () => page(502),
      () => problemAnswer(code === "rate_limited" ? 429 : 401, code, { "retry-after": "3600" }),
      () => page(502),
    );
    const refused = refusalOf(await call(id));
    expect(refused).toMatchObject({ code, notKnown: true, message: `This was refused. ${notKnown}` });
    expect(typeof refused.idempotencyKey).toBe(hasKey ? "string" : "undefined");
  });

  it("is refused in the service's own words, and known, where it has looked at it or nothing else came", async () => {
    const id = await given();
    next(() => problemAnswer(429, "rate_limited", { "retry-after": "3600" }));
    const limited = refusalOf(await call(id));
    expect(limited).toEqual({ code: "rate_limited", message: "This was refused.", status: 429, retryAfterSeconds: 3_600 });
    next(
      () => page(502),
      () => problemAnswer(409, "log_ended"),
    );
    expect(refusalOf(await call(id))).toEqual({ code: "log_ended", message: "This was refused.", status: 409 });
  });
});

describe("where only reading comes through, the request is read again:", () => {
  const changesAreLost = () => always(() => page(403), "POST");

  it("what was withdrawn is withdrawn", async () => {
    const id = await asked();
    changesAreLost();
    expect(await client.cancel(id)).toMatchObject({ ok: true, value: { status: "cancelled" } });
  });

  it("what was reported is reported", async () => {
    const id = await redeemed();
    changesAreLost();
    expect(await client.outcome(id, "unknown")).toMatchObject({ ok: true, value: { outcome: "unknown" } });
  });

  it("what is redeemed may be another call's, until the same one is made again", async () => {
    const id = await approved();
    changesAreLost();
    const refused = refusalOf(await client.redeem(id, PAYLOAD));
    expect(refused).toMatchObject({ code: "unreadable", status: 403, notKnown: true });
    expect(refused.message).toMatch(/ Read again, the request is approved and was redeemed at 2\S+Z\. It is not known whether this call /);
    interferes = () => null;
    expect(await client.redeem(id, PAYLOAD, "another")).toMatchObject({ ok: false, refusal: { code: "already_redeemed" } });
    expect(await client.redeem(id, PAYLOAD, refused.idempotencyKey)).toMatchObject({ ok: true });
  });

  it("what may still be on its way to the log is not called undone", async () => {
    const [pending, unused, unreported] = [await asked(), await approved(), await redeemed()];
    passesChanges = false;
    changesAreLost();
    const told = [await client.cancel(pending), await client.redeem(unused, PAYLOAD), await client.outcome(unreported, "failed")];
    expect(told).toMatchObject(told.map(() => ({ ok: false, refusal: { code: "unreadable", notKnown: true } })));
    expect(told.map((one) => refusalOf(one).message)).toEqual([
      expect.stringContaining("Read again, the request is pending. It is not known whether the request was withdrawn."),
      expect.stringContaining("Read again, the request is approved and not redeemed. It is not known whether this call "),
      expect.stringMatching(/ Read again, the request is approved and was redeemed at \S+Z\. It is not known whether the outcome /),
    ]);
  });

  it("what has ended otherwise was not done, and that is known", async () => {
    const [denied, unused, reported] = [await asked(), await approved(), await redeemed()];
    service.decide(denied, "denied");
    await client.outcome(reported, "succeeded");
    passesChanges = false;
    changesAreLost();
    const told = [await client.redeem(denied, PAYLOAD), await client.cancel(unused), await client.outcome(reported, "failed")];
    for (const one of told) expect(Object.keys(refusalOf(one))).toEqual(["code", "message", "status"]);
    expect(told.map((one) => refusalOf(one).message)).toEqual([
      expect.stringMatching(/ Read again, the request is denied: this call has changed nothing\.$/),
      expect.stringMatching(/ Read again, the request is approved and not redeemed: this call has changed nothing\.$/),
      expect.stringMatching(/ Read again, the request is approved .+, with the outcome succeeded: this call has changed nothing\.$/),
    ]);
    expect(refusalOf(await client.outcome(reported, "unknown"))).toMatchObject({ notKnown: true });
  });

  it("what is no request of the caller's is told as it is", async () => {
    changesAreLost();
    expect(refusalOf(await client.redeem("apr_none", PAYLOAD))).toEqual({
      code: "unknown_request",
      message: "There is no such request.",
      status: 404,
    });
  });
});

describe("a key", () => {
  it.each(["", " "])("that is none (%j) is made, so that a second try is the same call", async (key) => {
    next(() => page(502));
    const answer = await client.request({ ...ASK, idempotencyKey: key });
    const id = answer.ok ? answer.value.request_id : "";
    service.decide(id, "approved");
    next(() => page(502));
    expect(await client.redeem(id, PAYLOAD, key)).toMatchObject({ ok: true });
    expect(new Set(changes().map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
  });
});

describe("an answer that does not show it", () => {
  it("is of another request: it tells nothing of the one that was meant", async () => {
    const ids = [await asked(), await approved(), await redeemed(), await asked()] as const;
    const ofAnother: Fault = ({ status, text }) => ({ status, body: text.replace(/"apr_[^"]*"/, `"apr_${"b".repeat(32)}"`) });
    always(ofAnother);
    const told = [await client.cancel(ids[0]), await client.redeem(ids[1], PAYLOAD), await client.outcome(ids[2], "failed")];
    expect(told).toMatchObject(told.map(() => ({ ok: false, refusal: { code: "unreadable", notKnown: true } })));
    expect(refusalOf(await client.wait(ids[3], 0))).toMatchObject({ code: "unreadable", status: 200 });
  });

  it("is no redemption, whatever its status, nor a report", async () => {
    const id = await approved();
    const view = async () => JSON.stringify((await client.wait(id, 0).then((one) => (one.ok ? one.value : null)))?.document);
    const unredeemed = await view();
    always(() => ({ body: unredeemed }));
    expect(refusalOf(await client.redeem(id, PAYLOAD))).toMatchObject({ code: "unreadable", status: 200, notKnown: true });
    expect(refusalOf(await client.outcome(id, "succeeded"))).toMatchObject({ code: "unreadable", status: 200, notKnown: true });
  });
});

describe("waiting", () => {
  it.each(FAULTS)("outlasts %s", async (_, fault) => {
    const id = await asked();
    service.decide(id, "approved");
    next(fault, fault, fault);
    expect(await client.wait(id, 0)).toMatchObject({ ok: true, value: { status: "approved" } });
  });

  it("ends with the service's own word that there is no such request", async () => {
    expect(await client.wait("apr_none", 600)).toMatchObject({ ok: false, refusal: { code: "unknown_request", status: 404 } });
    expect(proxy.requests).toHaveLength(1);
  });

  it("that never hears of the service says so, and nothing of the request", async () => {
    const id = await asked();
    always(() => page(404));
    expect(refusalOf(await client.wait(id, 0))).toEqual({
      code: "unreadable",
      message: "What answered (HTTP 404) is not Countersign, or not a version that this client knows.",
      status: 404,
    });
  });
});

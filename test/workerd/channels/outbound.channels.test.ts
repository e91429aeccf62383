/** Sending to addresses that somebody outside named: over real sockets, to receivers that do whatever receivers do. */
import { beforeEach, describe, expect, it, test } from "vitest";
import { env } from "cloudflare:workers";
import type { Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { utf8 } from "#countersign/encoding/bytes.ts";
import type { OutboundFailure, OutboundRequest } from "#gate/channels/outbound.ts";
import { outboundFor } from "#outbound/outbound.ts";
import type { ReceiverAnswer, Resolution } from "#test/support/channels/receiver-behaviour.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";

beforeEach(() => receivers.reset());

const HOST = "hooks.example.com";
const URL_THERE = `https://${HOST}/in?a=1`;

async function send(request: Partial<OutboundRequest> = {}, bindings: Partial<Bindings> = {}) {
  const changed = { ...env, ...bindings };
  return await outboundFor(changed, readConfig(changed))({ url: URL_THERE, ...request });
}

const refusalOf = async (...given: Parameters<typeof send>): Promise<OutboundFailure | "sent"> => {
  const sent = await send(...given);
  return sent.ok ? "sent" : sent.refusal;
};

it("sends what it is told, and gives what is answered: status, headers in lower case, bytes", async () => {
  await receivers.answer(HOST, { status: 429, headers: { "Retry-After": "7", "X-Two": "ü" }, body: "slow down" });
  const sent = await send({ method: "POST", headers: { Authorization: "Bearer s3cret" }, body: "{}" });
  expect(sent).toMatchObject({ ok: true, value: { status: 429, body: utf8("slow down") } });
  expect(sent.ok && sent.value.headers.get("retry-after")).toBe("7");
  await send({ method: "PUT", body: Uint8Array.of(0, 255, 1) });
  await send({});
  expect(await receivers.requests()).toMatchObject([
    { host: HOST, method: "POST", path: "/in?a=1", headers: { authorization: "Bearer s3cret" }, body: "{}" },
    { method: "PUT", bodyBase64: "AP8B" },
    { method: "GET", body: "" },
  ]);
});

it("follows no redirect: it is an answer", async () => {
  await receivers.answer(HOST, { status: 307, headers: { location: "https://other.example.com/" } });
  const sent = await send({ method: "POST", body: "{}" });
  expect(sent.ok && [sent.value.status, sent.value.headers.get("location")]).toEqual([307, "https://other.example.com/"]);
  expect(await receivers.requests("other.example.com")).toEqual([]);
});

test.each<[ReceiverAnswer, OutboundFailure]>([
  [{ does: "breaks" }, "unreachable"],
  [{ does: "breaks off" }, "unreachable"],
  [{ does: "garbage" }, "unreachable"],
  [{ does: "hangs" }, "timed-out"],
  [{ does: "drips" }, "timed-out"],
  [{ padding: 2_000_000 }, "answer-too-large"],
])("a receiver that %j: %s", async (answer, failure) => {
  await receivers.answer(HOST, answer);
  const patience = failure === "timed-out" ? { timeoutMs: 50 } : {};
  expect(await refusalOf({ method: "POST", body: "{}", ...patience })).toBe(failure);
});

it("reads as many bytes as it is told, and not one more", async () => {
  await receivers.answer(HOST, { padding: 100 });
  expect(await refusalOf({ mostBytes: 100 })).toBe("sent");
  expect(await refusalOf({ mostBytes: 99 })).toBe("answer-too-large");
});

test.each<Partial<OutboundRequest>>([{ headers: { "x y": "1" } }, { headers: { authorization: "a\nb: c" } }, { method: "GET", body: "x" }])(
  "what HTTP cannot carry is not sent, and not told: %j",
  async (request) => {
    expect(await refusalOf(request)).toBe("address-malformed");
    expect(await receivers.requests()).toEqual([]);
  },
);

describe("the guard", () => {
  test.each<[string, OutboundFailure]>([
    ["https://ada@hooks.example.com/", "address-malformed"],
    ["http://hooks.example.com/", "address-not-https"],
    ["https://169.254.169.254/latest/meta-data/", "address-private"],
    ["https://localhost/", "address-private"],
    ["https://gate.example.com/api/v1/agents", "address-own"],
  ])("nothing is sent to %s: %s", async (url, failure) => {
    expect(await refusalOf({ url })).toBe(failure);
    expect(await receivers.requests()).toEqual([]);
  });

  test.each<[Resolution, OutboundFailure]>([
    [["10.0.0.1"], "address-private"],
    [["93.184.216.34", "127.0.0.1"], "address-private"],
    [["93.184.216.34", "::1"], "address-private"],
    [["93.184.216.34", "64:ff9b::a00:1"], "address-private"],
    [["fd00::1"], "address-private"],
    [["93.184.216.34", "what.is.no.address"], "address-private"],
    [[], "address-unknown"],
    ["no such name", "address-unknown"],
    ["not well", "address-unknown"],
    ["garbage", "address-unknown"],
  ])("nothing is sent to a name that leads to %j: %s", async (resolution, failure) => {
    await receivers.resolve(HOST, resolution);
    expect(await refusalOf()).toBe(failure);
    expect(await receivers.requests()).toEqual([]);
  });

  test.each(["93.184.216.34", "2606:4700::1111"])("a name that leads to %s alone may be sent to", async (address) => {
    await receivers.resolve(HOST, [address]);
    expect((await send()).ok).toBe(true);
  });

  test.each<ReceiverAnswer>([
    { does: "breaks" },
    { padding: 100_000 },
    { body: "[]" },
    { body: "null" },
    { body: '{"Status":0,"Answer":1}' },
  ])("a resolver that answers %j gives no leave to connect", async (answer) => {
    await receivers.answer("other-resolver.example", answer);
    expect(await refusalOf({}, { DOH_RESOLVER: "https://other-resolver.example/dns-query" })).toBe("address-unknown");
    expect(await receivers.requests(HOST)).toEqual([]);
  });

  /** Of both types, so that it answers either question. */
  const WHOLE = {
    Status: 0,
    Answer: [
      { type: 1, data: "93.184.216.34" },
      { type: 28, data: "2606:4700::1111" },
    ],
  };
  test.each<[string, ReceiverAnswer[], OutboundFailure | "sent"]>([
    ["whole", [{ body: JSON.stringify(WHOLE) }], "sent"],
    ["whole to one question, and none to the other", [{ body: JSON.stringify(WHOLE) }, { status: 503 }], "address-unknown"],
    ["cut short", [{ body: JSON.stringify({ ...WHOLE, TC: true }) }], "address-unknown"],
    ["a failure with addresses", [{ body: JSON.stringify({ ...WHOLE, Status: 2 }) }], "address-unknown"],
    [
      "a redirect to an answer",
      [{ status: 302, headers: { location: "https://resolver.example/" }, body: JSON.stringify(WHOLE) }],
      "address-unknown",
    ],
  ])("an answer that is %s", async (_, answers, outcome) => {
    await receivers.answer("other-resolver.example", ...answers);
    await receivers.answer(HOST, {});
    expect(await refusalOf({}, { DOH_RESOLVER: "https://other-resolver.example/dns-query" })).toBe(outcome);
  });

  it("waits for a resolver no longer than for everything", async () => {
    await receivers.answer("other-resolver.example", { does: "hangs" });
    expect(await refusalOf({ timeoutMs: 50 }, { DOH_RESOLVER: "https://other-resolver.example/dns-query" })).toBe("timed-out");
  });

  it("asks nobody where the resolver is off, or for what is no name", async () => {
    await receivers.resolve(HOST, ["10.0.0.1"]);
    expect((await send({}, { DOH_RESOLVER: "off" })).ok).toBe(true);
    await receivers.answer("other-resolver.example", { does: "breaks" });
    expect((await send({ url: "https://93.184.216.34/" }, { DOH_RESOLVER: "https://other-resolver.example/dns-query" })).ok).toBe(true);
  });
});

describe("a network of public addresses", () => {
  it("takes everything, and resolves by itself", async () => {
    const asked: string[] = [];
    const network = { fetch: (request: Request) => (asked.push(request.url), fetch(request)) } as unknown as Fetcher;
    await receivers.resolve(HOST, ["10.0.0.1"]);
    expect((await send({}, { PUBLIC_NETWORK: network })).ok).toBe(true);
    expect(await refusalOf({ url: "https://10.0.0.1/" }, { PUBLIC_NETWORK: network })).toBe("address-private");
    expect(asked).toEqual([URL_THERE]);
  });
});

it("in development sends to this machine, over HTTP, and to no other", async () => {
  const development = { PUBLIC_ORIGIN: "http://localhost:8787", ALLOW_LOOPBACK_ADDRESSES: "true" };
  expect((await send({ url: "http://localhost:9000/in" }, development)).ok).toBe(true);
  expect((await send({ url: "http://127.0.0.1:9000/in" }, development)).ok).toBe(true);
  expect(await refusalOf({ url: "http://localhost:8787/" }, development)).toBe("address-own");
  expect(await refusalOf({ url: "http://192.168.0.1/" }, development)).toBe("address-not-https");
  expect((await receivers.requests()).map(({ host }) => host)).toEqual(["localhost:9000", "127.0.0.1:9000"]);
});

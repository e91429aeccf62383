/** Payloads as programs hold them: what is a payload is sent as it is, and what is none is refused as the service would, before it is asked. */
import { createContext, runInContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { approvalAnswer, stubService } from "#test/support/service/stub-service.ts";

let stub: Awaited<ReturnType<typeof stubService>>;
afterEach(() => stub?.close());

async function send(payload: unknown) {
  const redeemed = { request_id: "apr_1", status: "approved", redeemed_at: "2026-11-20T09:20:00.000Z" };
  stub = await stubService(() => ({ body: approvalAnswer(redeemed) }));
  const client = new CountersignClient({ url: stub.url, apiKey: "csk_not-a-real-key" });
  const answers = [await client.request({ action: "Deploy", payload }), await client.redeem("apr_1", payload)];
  const sent = stub.requests.map(({ body }) => (JSON.parse(body) as { payload: unknown }).payload);
  return { refusals: answers.map((answer) => (answer.ok ? null : answer.refusal)), sent };
}

const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const itself: Record<string, unknown> = {};
itself["again"] = itself;
let many: unknown = [];
for (let level = 0; level < 29; level++) many = [many, many];

describe("a payload", () => {
  interface Deployment {
    readonly service: string;
    replicas?: number;
  }
  const typed: Deployment = { service: "api" };
  const withoutPrototype = Object.assign(Object.create(null) as object, { a: 1 });
  it.each<[string, unknown]>([
    ["of an interface's type", typed],
    ["of JSON's values, in their order", { z: [1, "é", null, true, { b: 1e21, a: -0.5 }], a: {} }],
    ["frozen", Object.freeze({ list: Object.freeze([1, 2]) })],
    ["without a prototype", withoutPrototype],
    ["of another realm", runInContext("({ a: [1] })", createContext())],
    ["with names that objects have", { constructor: 1, toString: "a", hasOwnProperty: null }],
    ["with the same object twice", { a: typed, b: typed }],
    ["as deep as it may be", nested(32)],
    ["as large as it may be", { a: "x".repeat(65_536 - 8) }],
  ])("%s is sent as it is", async (_, payload) => {
    const { refusals, sent } = await send(payload);
    expect(refusals).toEqual([null, null]);
    expect(sent.map((one) => JSON.stringify(one))).toEqual(Array(2).fill(JSON.stringify(payload)));
  });
});

describe("what is no payload is refused, and nothing is sent", () => {
  it.each<[string, unknown, string, string]>([
    ["nothing", undefined, "invalid_request", "payload"],
    ["null", null, "invalid_request", "payload"],
    ["a list", [], "invalid_request", "payload"],
    ["a text", "{}", "invalid_request", "payload"],
    ["a function", () => ({}), "invalid_request", "payload"],
    ["undefined", { a: { b: undefined } }, "payload_not_canonical", "at payload.a.b: JSON has no undefined"],
    ["a function inside", { run: () => 1 }, "payload_not_canonical", "at payload.run: JSON has no function"],
    ["a method toJSON", { toJSON: () => ({}) }, "payload_not_canonical", "at payload.toJSON"],
    ["a symbol", { a: Symbol("a") }, "payload_not_canonical", "JSON has no symbol"],
    ["a symbol as a name", { [Symbol("a")]: 1 }, "payload_not_canonical", "at payload: "],
    ["a bigint", { a: 1n }, "payload_not_canonical", "JSON has no bigint"],
    ["NaN", { a: [0, Number.NaN] }, "payload_not_canonical", "at payload.a[1]: NaN"],
    ["infinity", { a: -Infinity }, "payload_not_canonical", "-Infinity"],
    ["minus zero", { a: -0 }, "payload_not_canonical", "minus zero"],
    ["half of a surrogate pair", { a: "\ud800" }, "payload_not_canonical", "surrogate"],
    ["half of a surrogate pair in a name", { "\udc00": 1 }, "payload_not_canonical", "surrogate"],
    ["a name that is not accepted", JSON.parse('{"__proto__": 1}'), "payload_not_canonical", "__proto__"],
    ["a hole in a list", { a: Array(1) }, "payload_not_canonical", "at payload.a[0]: JSON has no undefined"],
    ["a Date", { at: new Date(0) }, "payload_not_canonical", "at payload.at: this is not a plain object"],
    ["a Map", { a: new Map() }, "payload_not_canonical", "plain object"],
    ["bytes", { a: new Uint8Array(1) }, "payload_not_canonical", "plain object"],
    ["a class's instance", new URL("https://example.com"), "payload_not_canonical", "at payload: this is not a plain object"],
    ["a wrapped text", { a: Object("a") as unknown }, "payload_not_canonical", "plain object"],
    ["what holds itself", itself, "payload_not_canonical", "at most 32 levels"],
    ["one level too many", nested(33), "payload_not_canonical", "at most 32 levels"],
    ["a byte too many", { a: "x".repeat(65_536 - 7) }, "payload_too_large", "65536 bytes"],
    ["what unfolds to a billion values", { many }, "payload_too_large", "65536 bytes"],
  ])("%s", async (_, payload, code, told) => {
    const { refusals, sent } = await send(payload);
    const refused = { code, message: expect.stringContaining(told) as unknown, status: null };
    expect([refusals, sent]).toEqual([[refused, refused], []]);
  });
});

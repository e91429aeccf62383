/** Receipts as the client gives them: valid ones of the request that was asked for, from a log that is the one that it was. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CountersignClient, type LogMemory } from "#countersign/sdk/client.ts";
import { processMemory } from "#countersign/sdk/log-memory.ts";
import { verifyEvidence } from "#countersign/tlog/evidence.ts";
import { makeSigner, makeVkey, parseVkey } from "#countersign/tlog/note.ts";
import { loggedReceipt, type LoggedRecipe } from "#test/support/documents/logged-receipt.ts";
import { LOG_ORIGIN, makeWorld, type Recipe } from "#test/support/documents/sealed-receipt.ts";
import type { ServedLog } from "#test/support/log/served-log.ts";
import { problemAnswer, type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const ID = `apr_${"A".repeat(32)}`;
const RECEIPT = `/api/v1/approvals/${ID}/receipt`;
const world = await makeWorld();

const receiptAt = (size: number, changes: LoggedRecipe = {}) => loggedReceipt(world, size, changes);

let served: { text: string; log: ServedLog };
let answer: (path: string) => StubAnswer | Promise<StubAnswer>;
let stub: Awaited<ReturnType<typeof stubService>>;
let memory: LogMemory;
beforeEach(async () => {
  served = await receiptAt(9);
  answer = (path) => (path === RECEIPT ? { body: served.text } : served.log.answer({ path }));
  stub = await stubService(({ path }) => answer(path));
  memory = processMemory();
});
afterEach(() => stub.close());

const clock = { now: () => 0, sleep: () => Promise.resolve() };
const clientOf = (logVkey?: string) =>
  new CountersignClient({ url: stub.url, apiKey: "csk_not-a-real-key", memory, clock, ...(logVkey !== undefined && { logVkey }) });
const remembered = async () => {
  const read = await memory.read();
  return read.ok ? read.value.map(({ log, checkpoint }) => [log, checkpoint.split("\n")[1]]) : read;
};

it("comes as it is served, and its checkpoint is remembered", async () => {
  expect(await clientOf().receipt(ID)).toEqual({ ok: true, value: served.text });
  expect(stub.requests.map(({ path }) => path)).toEqual([RECEIPT, "/log/vkey"]);
  expect(stub.requests[1]?.headers).not.toHaveProperty("x-api-key");
  expect(await remembered()).toEqual([[LOG_ORIGIN, "9"]]);
});

it("of later is shown to be of the same log, by one client in its own memory", async () => {
  const client = new CountersignClient({ url: stub.url, apiKey: "csk_not-a-real-key", clock });
  expect(await client.receipt(ID)).toMatchObject({ ok: true });
  served = await receiptAt(300);
  expect(await client.receipt(ID)).toEqual({ ok: true, value: served.text });
  expect(stub.requests.at(-1)?.path).toBe("/log/proof/consistency?from=9&to=300");
});

it("is asked for again after lost answers, failures and being too fast", async () => {
  const sound = answer;
  const bad: StubAnswer[] = [{}, { status: 502, body: "" }, problemAnswer(429, "rate_limited", { "retry-after": "7" })];
  answer = (path) => bad.shift() ?? sound(path);
  expect(await clientOf().receipt(ID)).toEqual({ ok: true, value: served.text });
});

it("is asked for again after what is no receipt at all, and never called an invalid one for that", async () => {
  const sound = answer;
  const html = { headers: { "content-type": "text/html" }, body: "<html>Sign in</html>" };
  const strange: StubAnswer[] = [
    html,
    { ...html, status: 404 },
    { body: served.text.slice(0, -2) },
    { body: {} },
    { body: { type: "login" } },
  ];
  answer = (path) => strange.shift() ?? sound(path);
  expect(await clientOf().receipt(ID)).toEqual({ ok: true, value: served.text });
  let now = 0;
  const client = new CountersignClient({
    url: stub.url,
    apiKey: "csk_not-a-real-key",
    memory,
    clock: { now: () => now, sleep: (ms) => Promise.resolve(void (now += ms)) },
  });
  answer = () => html;
  expect(await client.receipt(ID)).toMatchObject({ ok: false, refusal: { code: "unreadable", status: 200 } });
});

it("of a log whose key cannot be read is not shown to be of it: nothing is said against the log", async () => {
  const sound = answer;
  answer = (path) => (path === "/log/vkey" ? { body: "<html>Sign in</html>" } : sound(path));
  expect(await clientOf().receipt(ID)).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
  expect(await remembered()).toEqual([]);
});

describe("is refused, and nothing is remembered,", () => {
  it.each<[string, () => Promise<string> | string]>([
    ["if it is none", () => '{"type":"countersign/receipt@v1"}'],
    ["if it is of another request", () => served.text.replaceAll(ID, `apr_${"B".repeat(32)}`)],
    ["if its proof cannot be read", () => served.text.replace("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2")],
  ])("%s", async (_, text) => {
    const body = await text();
    answer = () => ({ body });
    expect(await clientOf().receipt(ID)).toMatchObject({ ok: false, refusal: { code: "receipt_invalid", status: 200 } });
    expect(await remembered()).toEqual([]);
  });

  it("if another key has signed its log than the one that is given", async () => {
    const stranger = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(2));
    expect(await clientOf(makeVkey(LOG_ORIGIN, stranger.publicKey)).receipt(ID)).toMatchObject({ ok: false, refusal: { status: 200 } });
    expect(await remembered()).toEqual([]);
    expect(await clientOf(world.trust.vkey).receipt(ID)).toMatchObject({ ok: true });
  });
});

it.each<[string, Partial<Recipe>]>([
  ["with another payload", { receipt: ({ payload }) => void Object.assign(payload ?? {}, { replicas: 4 }) }],
  ["of a request at no address", { request: (request) => void (request.origin = "elsewhere") }],
  ["that is not where it says", { proof: (proof) => void (proof.index += 1) }],
])("is refused %s, although its checkpoint is good", async (_, recipe) => {
  served = await receiptAt(9, recipe);
  expect(await clientOf().receipt(ID)).toMatchObject({ ok: false, refusal: { code: "receipt_invalid" } });
});

it("of a log that was another one is refused with evidence", async () => {
  const client = clientOf();
  expect(await client.receipt(ID)).toMatchObject({ ok: true });
  served = await receiptAt(12, { forkAt: 8 });
  const answered = await client.receipt(ID);
  if (answered.ok) throw new Error("the log was not found out");
  const key = parseVkey(world.trust.vkey);
  expect(answered.refusal.code).toBe("log_inconsistent");
  expect(await verifyEvidence(answered.refusal.evidence ?? "", key.ok ? [key.value] : [])).toMatchObject({ ok: true });
  expect(await remembered()).toEqual([[LOG_ORIGIN, "9"]]);
});

it("of a log that does not show that it is the same is refused, and may be asked for again", async () => {
  const [client, sound] = [clientOf(), answer];
  expect(await client.receipt(ID)).toMatchObject({ ok: true });
  served = await receiptAt(12);
  answer = (path) => (path === RECEIPT ? sound(path) : { status: 404, body: "" });
  expect(await client.receipt(ID)).toMatchObject({ ok: false, refusal: { code: "log_unproven", status: 200 } });
  expect(await remembered()).toEqual([[LOG_ORIGIN, "9"]]);
  answer = sound;
  expect(await client.receipt(ID)).toEqual({ ok: true, value: served.text });
  expect(await remembered()).toEqual([[LOG_ORIGIN, "12"]]);
});

/** Proposing a change: a denial that says what would pass instead, to the agent, in the log, and on the page of an ask that follows it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import {
  type Agent,
  ask,
  decided,
  openPage,
  PAYLOAD,
  personAndAgent,
  receiptOf,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { admitted, recordsOf } from "#test/workerd/support/invited.ts";
import { call, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import type { Verdict } from "#countersign/documents/statement.ts";

const SMALLER = { ...PAYLOAD, replicas: 1 };

let alex: Someone;
let bot: Agent;
let id: string;

beforeEach(async () => {
  ({ person: alex, agent: bot } = await personAndAgent());
  id = (await ask(bot)).request_id;
});
afterEach(emptyStorage);

async function propose(person: Someone, request: string, proposal: unknown, verdict: Verdict = "denied"): Promise<Response> {
  const body = await signedDecision(person, await openPage(person, request), verdict, { comment: "Begin with one" });
  return send(person, request, { ...body, proposal });
}

const page = async (person: Someone, request: string): Promise<string> =>
  (await call("GET", `/a/${request}`, { cookie: person.cookie })).text();

describe("a proposal", () => {
  test("reaches the agent with the denial, in one answer, and its wait ends with both", async () => {
    const waiting = viewOf(bot, id, 25);
    expect((await propose(alex, id, SMALLER)).status).toBe(200);
    const view = await waiting;
    expect(view).toMatchObject({ status: "denied", comment: "Begin with one", proposal: { payload: SMALLER } });
    expect(view.next).toContain("proposal.payload");
    expect(view.next).toContain("Begin with one");
  });

  test("is in the log by its hash, behind the end; the receipt is as ever", async () => {
    await propose(alex, id, SMALLER);
    const { request_hash } = await viewOf(bot, id);
    expect(await recordsOf("payload.proposed")).toMatchObject([
      { request_hash, payload_hash: payloadHash(SMALLER), by: { id: alex.id, username: "alex" } },
    ]);
    const { results } = await env.DB.prepare("SELECT idem FROM log_leaf WHERE idem GLOB ?1 ORDER BY idx").bind(`${id}:*`).all();
    expect(results.map(({ idem }) => String(idem).slice(id.length))).toEqual([":final", ":proposal"]);
    const receipt = parseReceipt(await receiptOf(bot, id));
    if (!receipt.ok) throw new Error(receipt.refusal.code);
    const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
    expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN })).toMatchObject({ ok: true, value: { status: "denied" } });
  });

  test("is named on the page of an ask of exactly that, by this agent, with the way to where it was made", async () => {
    await propose(alex, id, SMALLER);
    const [same, other] = [await ask(bot, { payload: SMALLER }), await ask(bot, { payload: { ...SMALLER, replicas: 2 } })];
    expect(await page(alex, same.request_id)).toMatch(new RegExp(`proposed when denying <a href="/a/${id}"`));
    expect(await page(alex, other.request_id)).not.toContain("proposed when denying");
    const stranger = await ask(await makeAgent(alex, "other-bot"), { payload: SMALLER });
    expect(await page(alex, stranger.request_id)).not.toContain("proposed when denying");
    await decided(alex, same.request_id, "approved");
    expect(await viewOf(bot, same.request_id)).not.toHaveProperty("proposal");
  });

  test.each([
    ["under another action", { action: "Delete them" }],
    ["with another tool", { tool: "delete" }],
    ["at another server", { server: "elsewhere" }],
  ])("is not named on the page of an ask of the same payload %s", async (_, change) => {
    await propose(alex, id, SMALLER);
    const { request_id } = await ask(bot, { payload: SMALLER, ...change });
    expect(await page(alex, request_id)).not.toContain("proposed when denying");
  });

  test("is named to nobody who may not look at the request that was denied", async () => {
    const blair = await admitted(alex, "blair");
    const own = await ask(bot, { approvers: { users: ["alex"] } });
    await propose(alex, own.request_id, SMALLER);
    const { request_id } = await ask(bot, { payload: SMALLER });
    expect(await page(alex, request_id)).toContain("proposed when denying");
    expect(await page(blair, request_id)).not.toContain("proposed when denying");
  });

  test("is on the page of the denied request, with what it changes", async () => {
    await propose(alex, id, SMALLER);
    const html = await page(alex, id);
    expect(html).toContain("proposed a change");
    expect((await openPage(alex, id)).state).toMatchObject({ status: "denied", proposal: { by: { username: "alex" }, payload: SMALLER } });
  });
});

describe("nothing is proposed", () => {
  test.each<[string, unknown, [number, string]]>([
    ["as what was asked for", PAYLOAD, [400, "invalid_request"]],
    ["as a list", [1], [400, "invalid_request"]],
    ["as text", "replicas: 1", [400, "invalid_request"]],
    ["that is too deep", JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`), [422, "payload_not_canonical"]],
    ["that is too large", { text: "x".repeat(65_536) }, [413, "payload_too_large"]],
  ])("%s", async (_, proposal, refused) => {
    expect(await outcome(await propose(alex, id, proposal))).toEqual(refused);
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending" });
    expect(await recordsOf("payload.proposed")).toEqual([]);
  });

  test("with an approval", async () => {
    expect(await outcome(await propose(alex, id, SMALLER, "approved"))).toEqual([400, "invalid_request"]);
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending", approvals: 0 });
  });

  test("after the end, or by a signature that does not count", async () => {
    const body = await signedDecision(alex, await openPage(alex, id), "denied", { wrong: { challenge: new Uint8Array(64) } });
    expect(await outcome(await send(alex, id, { ...body, proposal: SMALLER }))).toEqual([403, "decision_not_accepted"]);
    const late = await signedDecision(alex, await openPage(alex, id), "denied");
    await decided(alex, id, "denied");
    expect(await outcome(await send(alex, id, { ...late, proposal: SMALLER }))).toEqual([409, "already_final"]);
    expect(await viewOf(bot, id)).not.toHaveProperty("proposal");
  });

  test("by a denial that does not end the request", async () => {
    const blair = await admitted(alex, "blair");
    await putInForce(policyOf([{ name: "two", match: { tool: "two" }, effect: "require_approval", denials: 2, separation: false }]));
    const two = (await ask(bot, { tool: "two" })).request_id;
    expect((await propose(alex, two, SMALLER)).status).toBe(200);
    expect(await recordsOf("payload.proposed")).toEqual([]);
    const other: JsonObject = { ...SMALLER, version: "4.1.0" };
    expect((await propose(blair, two, other)).status).toBe(200);
    expect(await viewOf(bot, two)).toMatchObject({ status: "denied", proposal: { payload: other } });
  });
});

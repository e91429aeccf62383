/** Giving more time: the request is made anew with a later deadline, for whoever decides then, as long as nobody has signed. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { requestHash } from "#countersign/documents/request.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import {
  type Agent,
  ask,
  decide,
  decided,
  openPage,
  personAndAgent,
  receiptOf,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { admitted, given, recordsOf } from "#test/workerd/support/invited.ts";
import { call, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { giveTime } from "#test/workerd/support/talk/asking.ts";

/** Every minute of four is among the last five. */
const SHORT = { expires_in_seconds: 240 };

let alex: Someone;
let bot: Agent;

beforeEach(async () => {
  ({ person: alex, agent: bot } = await personAndAgent());
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const later = (seconds: number): unknown => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
const seconds = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1_000;

describe("more time", () => {
  test("is as much again, and five minutes at least: for people, the agent, the lists, the alarm, and the use of it; in the log, and told in the timeline", async () => {
    const before = await ask(bot, SHORT);
    const { request_id: id } = before;
    const state = await given<{ extended: object[] }>(await giveTime(alex, id));
    expect(state.extended).toMatchObject([{ by: { username: "alex" }, from: before.expires_at }]);
    const after = await viewOf(bot, id);
    expect([seconds(before.expires_at, after.expires_at), seconds(before.use_by, after.use_by)]).toEqual([300, 300]);
    expect(after.request_hash).not.toBe(before.request_hash);
    const page = await openPage(alex, id);
    expect([page.request.expires_at, requestHash(page.request)]).toEqual([after.expires_at, after.request_hash]);
    const row = await env.DB.prepare("SELECT expires_at FROM approval WHERE id = ?1").bind(id).first("expires_at");
    expect(row).toBe(after.expires_at);
    expect(await recordsOf("request.extended")).toMatchObject([
      { request: id, from: before.expires_at, until: after.expires_at, by: { id: alex.id, username: "alex" } },
    ]);
    expect(await (await call("GET", `/a/${id}`, { cookie: alex.cookie })).text()).toContain("gave more time, until");

    later(301);
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending" });
    expect((await decide(alex, id, "approved")).status).toBe(200);
    const receipt = parseReceipt(await receiptOf(bot, id));
    if (!receipt.ok) throw new Error(receipt.refusal.code);
    const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
    expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN })).toMatchObject({ ok: true, value: { status: "approved" } });
  });

  test("ends too: without a decision it expires at the later deadline", async () => {
    const { request_id: id } = await ask(bot, SHORT);
    await given(await giveTime(alex, id));
    later(541);
    expect(await viewOf(bot, id)).toMatchObject({ status: "expired" });
    expect(await outcome(await giveTime(alex, id))).toEqual([409, "already_final"]);
  });

  test("makes what was signed before of no use: whoever had the page open reads and signs anew", async () => {
    const { request_id: id } = await ask(bot, SHORT);
    const stale = await signedDecision(alex, await openPage(alex, id), "approved");
    await given(await giveTime(alex, id));
    expect(await outcome(await send(alex, id, stale))).toEqual([403, "decision_not_accepted"]);
    // Nor under a nonce of a page that was opened later.
    const { nonce } = await openPage(alex, id);
    expect(await outcome(await send(alex, id, { ...stale, nonce }))).toEqual([403, "decision_not_accepted"]);
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending", approvals: 0 });
    expect((await decide(alex, id, "approved")).status).toBe(200);
  });

  test("reaches open pages", async () => {
    const { request_id: id } = await ask(bot, SHORT);
    const { state } = await openPage(alex, id);
    const hears = call("GET", `/a/${id}/state?wait=25&seen=${encodeURIComponent(state.tag)}`, { cookie: alex.cookie });
    await given(await giveTime(alex, id));
    const { expires_at } = await viewOf(bot, id);
    expect(await (await hears).json()).toMatchObject({ status: "pending", expires_at, extended: [{}] });
    const several = await call("GET", `/batch/state?id=${id}`, { cookie: alex.cookie });
    expect(await several.json()).toEqual({ waiting: [{ id, expires_at }] });
  });
});

describe("none is given", () => {
  test("before most of it is over", async () => {
    const { request_id: id } = await ask(bot, { expires_in_seconds: 3_600 });
    expect(await outcome(await giveTime(alex, id))).toEqual([409, "too_early"]);
    const page = await openPage(alex, id);
    // The last fifth of an hour.
    expect(seconds(page.more_time?.from ?? "", page.request.expires_at)).toBe(720);
    later(2_881);
    expect((await giveTime(alex, id)).status).toBe(200);
    expect(await outcome(await giveTime(alex, id))).toEqual([409, "too_early"]);
  });

  test("beyond what the rule allows", async () => {
    await putInForce(
      policyOf([
        { name: "short", match: { tool: "short" }, effect: "require_approval", expires_in: "2m", expires_in_max: "8m", separation: false },
      ]),
    );
    const { request_id: id, requested_at } = await ask(bot, { tool: "short" });
    for (const until of [420, 480]) {
      await given(await giveTime(alex, id));
      expect(seconds(requested_at, (await viewOf(bot, id)).expires_at)).toBe(until);
      later(200);
    }
    expect(await outcome(await giveTime(alex, id))).toEqual([409, "no_more_time"]);
    expect(await openPage(alex, id)).not.toHaveProperty("more_time");
    expect(await recordsOf("request.extended")).toHaveLength(2);
  });

  test("more than ten times, each of five minutes at least, however short the first was", async () => {
    const { request_id: id, requested_at } = await ask(bot, { expires_in_seconds: 30 });
    for (let times = 1; times <= 10; times++) {
      await given(await giveTime(alex, id));
      expect(seconds(requested_at, (await viewOf(bot, id)).expires_at)).toBe(30 + times * 300);
      later(300);
    }
    expect(await outcome(await giveTime(alex, id))).toEqual([409, "no_more_time"]);
    expect(await openPage(alex, id)).not.toHaveProperty("more_time");
    expect(await recordsOf("request.extended")).toHaveLength(10);
  });

  test("once somebody has signed", async () => {
    const blair = await admitted(alex, "blair");
    const { request_id: id, expires_at } = await ask(bot, { ...SHORT, approvers: { required: 2 } });
    await decided(blair, id, "approved");
    expect(await outcome(await giveTime(alex, id))).toEqual([409, "already_signed"]);
    expect(await viewOf(bot, id)).toMatchObject({ expires_at, approvals: 1 });
    expect((await decide(alex, id, "approved")).status).toBe(200);
  });

  test("by who may not decide, by an agent, after a stop, or at once with a signature: one of the two counts", async () => {
    const { request_id: id } = await ask(bot, SHORT);
    const auditor = await admitted(alex, "casey", ["auditor"]);
    const blair = await admitted(alex, "blair");
    expect(await outcome(await giveTime(auditor, id))).toEqual([403, "forbidden"]);
    expect(await outcome(await giveTime(blair, id))).toEqual([404, "unknown_request"]);
    expect(await outcome(await call("POST", `/a/${id}/time`, { key: bot.key, origin: null }))).toEqual([403, "forbidden"]);
    const body = await signedDecision(alex, await openPage(alex, id), "approved");
    const [signed, more] = await Promise.all([send(alex, id, body), giveTime(alex, id)]);
    expect([signed.status, more.status].filter((status) => status === 200)).toHaveLength(1);
    const { request_id: other } = await ask(bot, SHORT);
    await stop(alex, bot.id);
    expect(["agent_stopped", "already_final"]).toContain((await outcome(await giveTime(alex, other)))[1]);
  });
});

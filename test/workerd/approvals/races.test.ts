/** Two things at once, sleep and eviction during a wait, and a log that is away between a decision and its leaf. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import {
  type Agent,
  ask,
  decided,
  openPage,
  personAndAgent,
  read,
  receiptOf,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { call, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const approvalObject = (id: string) => objectOf(env.APPROVAL_REQUEST.getByName(id));
const cancel = (id: string) => call("POST", `/api/v1/approvals/${id}/cancel`, { key: agent.key, origin: null, body: {} });
const finalLeaves = async (id: string): Promise<number> =>
  (await env.DB.prepare("SELECT count(*) AS leaves FROM log_leaf WHERE idem = ?").bind(`${id}:final`).first<number>("leaves")) ?? 0;
const isVerified = async (id: string): Promise<boolean> => {
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  const receipt = parseReceipt(await receiptOf(agent, id));
  return receipt.ok && (await verifyReceipt(receipt.value, { vkey, origin: ORIGIN })).ok;
};

describe("of two at the same moment one wins, and there is one leaf:", () => {
  it("approval and denial by one person on two pages", async () => {
    const { request_id: id } = await ask(agent);
    const bodies = await Promise.all(
      (["approved", "denied"] as const).map(async (verdict) => signedDecision(person, await openPage(person, id), verdict)),
    );
    const answers = await Promise.all(bodies.map((body) => send(person, id, body)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 409]);
    expect(await finalLeaves(id)).toBe(1);
    expect(await isVerified(id)).toBe(true);
  });

  it("two people where one is enough", async () => {
    const robin = await admitted(person, "robin");
    const { request_id: id } = await ask(agent);
    const answers = await Promise.all(
      [person, robin].map(async (one) => send(one, id, await signedDecision(one, await openPage(one, id), "approved"))),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 409]);
    expect((await openPage(person, id)).state.decisions).toHaveLength(1);
    expect(await isVerified(id)).toBe(true);
  });

  it("two people where both are needed: both count", async () => {
    const robin = await admitted(person, "robin");
    const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
    const bodies = await Promise.all([person, robin].map(async (one) => signedDecision(one, await openPage(one, id), "approved")));
    const answers = await Promise.all([send(person, id, bodies[0]), send(robin, id, bodies[1])]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved", approvals: 2 });
    expect(await isVerified(id)).toBe(true);
  });

  it("a decision and a cancellation", async () => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), "approved");
    const [decision, cancellation] = await Promise.all([send(person, id, body), cancel(id)]);
    expect([decision.status, cancellation.status].toSorted()).toEqual([200, 409]);
    expect(await viewOf(agent, id)).toMatchObject({ status: decision.status === 200 ? "approved" : "cancelled" });
    expect(await finalLeaves(id)).toBe(1);
  });

  it("a decision, a cancellation and the deadline", async () => {
    const asked = await ask(agent, { expires_in_seconds: 30 });
    const id = asked.request_id;
    const body = await signedDecision(person, await openPage(person, id), "approved");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(asked.expires_at) });
    const answers = await Promise.all([send(person, id, body), cancel(id), runDurableObjectAlarm(approvalObject(id)), read(agent, id)]);
    expect([answers[0].status, answers[1].status, answers[3].status]).toEqual([409, 409, 200]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "expired" });
    expect(await finalLeaves(id)).toBe(1);
  });
});

/** Marks the instance that is in memory now; the mark is gone once another one has been built. */
const mark = (id: string): Promise<void> =>
  runInDurableObject(approvalObject(id), (instance) => {
    Object.assign(instance, { marked: true });
  });
const isMarked = (id: string): Promise<boolean> => runInDurableObject(approvalObject(id), (instance) => "marked" in instance);
const waiters = (id: string): Promise<number> => runInDurableObject(approvalObject(id), (_, state) => state.getWebSockets().length);

describe("a wait outlives the object it waits on:", () => {
  it("the object sleeps meanwhile, and the answer still comes", async () => {
    const { request_id: id } = await ask(agent);
    const page = await openPage(person, id);
    const body = await signedDecision(person, page, "approved");
    const waiting = viewOf(agent, id, 35);
    await expect.poll(() => waiters(id)).toBe(1);
    await mark(id);
    // The platform lets an idle object sleep after ten seconds; asking whether it has would keep it awake.
    await new Promise((resolve) => setTimeout(resolve, 14_000));
    expect(await isMarked(id)).toBe(false);
    expect((await send(person, id, body)).status).toBe(200);
    expect(await waiting).toMatchObject({ status: "approved" });
  });

  it.each(["hibernate", "close"] as const)("evicted, its sockets: %s", async (webSockets) => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), "denied");
    const waiting = viewOf(agent, id, 20);
    await expect.poll(() => waiters(id)).toBe(1);
    await mark(id);
    await evictDurableObject(approvalObject(id), { webSockets });
    expect(await isMarked(id)).toBe(false);
    await expect.poll(() => waiters(id)).toBe(1);
    await send(person, id, body);
    expect(await waiting).toMatchObject({ status: "denied" });
  });

  it("as many waiters as may wait all hear of it, and one more is told to come back", async () => {
    const { request_id: id } = await ask(agent);
    const waiting = Promise.all(Array.from({ length: 32 }, () => viewOf(agent, id, 20)));
    await expect.poll(() => waiters(id)).toBe(32);
    const refused = await read(agent, id, 20);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await outcome(refused)).toEqual([429, "rate_limited"]);
    const page = await call("GET", `/a/${id}/state?wait=1`, { cookie: person.cookie });
    expect(page.status).toBe(200);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    await decided(person, id, "approved");
    expect(new Set((await waiting).map((view) => view.status))).toEqual(new Set(["approved"]));
    expect(await finalLeaves(id)).toBe(1);
  });
});

describe("a decision that is stored but not in the log", () => {
  /** Makes the log unwritable, as an outage of D1 does. */
  const breakLog = () => env.DB.prepare("ALTER TABLE log_leaf RENAME TO log_leaf_away").run();
  const mendLog = () => env.DB.prepare("ALTER TABLE log_leaf_away RENAME TO log_leaf").run();

  it("does not exist for the agent, cannot be undone, and is logged by the alarm", async () => {
    const asked = await ask(agent, { expires_in_seconds: 30 });
    const id = asked.request_id;
    await breakLog();
    expect(await decided(person, id, "approved")).toMatchObject({ status: "settling", decisions: [{ verdict: "approved" }] });

    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    expect(await outcome(await cancel(id))).toEqual([409, "already_final"]);
    expect(await outcome(await call("GET", `/api/v1/approvals/${id}/receipt`, { key: agent.key, origin: null }))).toEqual([
      409,
      "not_final",
    ]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(asked.expires_at) + 1_000 });
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });

    await mendLog();
    expect(await runDurableObjectAlarm(approvalObject(id))).toBe(true);
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
    expect(await finalLeaves(id)).toBe(1);
    expect(await isVerified(id)).toBe(true);
  });

  it("is logged by whoever comes by next, also after the object was rebuilt", async () => {
    const { request_id: id } = await ask(agent);
    await breakLog();
    await decided(person, id, "denied");
    await evictDurableObject(approvalObject(id));
    await mendLog();
    expect(await viewOf(agent, id)).toMatchObject({ status: "denied" });
    expect(await isVerified(id)).toBe(true);
  });

  it("keeps the alarm coming, later and later, and never throws out of it", async () => {
    const { request_id: id } = await ask(agent);
    await breakLog();
    await decided(person, id, "approved");
    const delays: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      expect(await runDurableObjectAlarm(approvalObject(id))).toBe(true);
      const next = await runInDurableObject(approvalObject(id), (_, state) => state.storage.getAlarm());
      delays.push((next ?? 0) - Date.now());
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 40_000 });
    }
    expect(delays[0]).toBeGreaterThan(0);
    expect(delays[1]).toBeGreaterThan(delays[0] ?? 0);
    expect(delays[2]).toBeLessThanOrEqual(60_000);
    await mendLog();
  });

  it("gives way to what the log already holds under its key", async () => {
    const { request_id: id } = await ask(agent);
    const before = await runInDurableObject(approvalObject(id), (_, state) => state.storage.kv.get("approval"));
    await decided(person, id, "denied");
    // The object is put back to before the decision, as a restore from a backup would.
    await runInDurableObject(approvalObject(id), (_, state) => state.storage.kv.put("approval", before));
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    expect(await decided(person, id, "approved")).toMatchObject({ status: "denied" });
    expect(await viewOf(agent, id)).toMatchObject({ status: "denied" });
    expect(await finalLeaves(id)).toBe(1);
    expect(await isVerified(id)).toBe(true);
  });
});

/** An approval is used once, against the exact payload and in time; then the agent says how it went. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, decided, PAYLOAD, personAndAgent, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { call, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
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

const post = (id: string, what: "redeem" | "outcome", body: JsonObject, by = agent, headers: Record<string, string> = {}) =>
  call("POST", `/api/v1/approvals/${id}/${what}`, { key: by.key, origin: null, body, headers });
const redeem = (id: string, body: JsonObject = {}, by = agent) => post(id, "redeem", { payload: PAYLOAD, ...body }, by);
const report = (id: string, said: string, detail?: string) =>
  post(id, "outcome", { outcome: said, ...(detail !== undefined && { detail }) });
const viewIn = async (answer: Response): Promise<AgentView> => {
  expect(answer.status).toBe(200);
  return answer.json();
};

/** A request that has been approved. */
async function approved(body: JsonObject = {}): Promise<AgentView> {
  const asked = await ask(agent, body);
  await decided(person, asked.request_id, "approved");
  return asked;
}

async function verified(id: string) {
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  const receipt = parseReceipt(await receiptOf(agent, id));
  return receipt.ok ? verifyReceipt(receipt.value, { vkey, origin: ORIGIN }) : receipt;
}
const leaves = async (id: string): Promise<string[]> => {
  const { results } = await env.DB.prepare("SELECT idem FROM log_leaf WHERE idem LIKE ? ORDER BY idx")
    .bind(`${id}:%`)
    .all<{ idem: string }>();
  return results.map(({ idem }) => idem.slice(id.length + 1));
};
const stub = (id: string) => objectOf(env.APPROVAL_REQUEST.getByName(id));

it("is redeemed, reported on, and all of it is in the receipt", async () => {
  const { request_id: id } = await approved();
  const redeemed = await viewIn(await redeem(id));
  expect(redeemed).toMatchObject({ status: "approved", request_id: id });
  expect(redeemed.redeemed_at).toMatch(/Z$/);
  expect(await viewIn(await report(id, "succeeded", "Rolled out to 3 hosts"))).toMatchObject({ outcome: "succeeded" });
  expect(await viewOf(agent, id)).toMatchObject({ redeemed_at: redeemed.redeemed_at, outcome: "succeeded" });
  expect(await leaves(id)).toEqual(["final", "redeemed", "outcome"]);
  expect(await verified(id)).toMatchObject({
    ok: true,
    value: { redeemed: { at: redeemed.redeemed_at, by: { id: agent.id } }, outcome: { status: "succeeded" } },
  });
});

describe("redeeming is refused", () => {
  it("before there is an approval, and after any other end", async () => {
    const { request_id: id } = await ask(agent);
    expect(await outcome(await redeem(id))).toEqual([409, "not_approved"]);
    await decided(person, id, "denied");
    expect(await outcome(await redeem(id))).toEqual([409, "not_approved"]);
    expect(await leaves(id)).toEqual(["final"]);
  });

  it("for a payload that differs in anything, or is none", async () => {
    const { request_id: id } = await approved();
    expect(await outcome(await redeem(id, { payload: { ...PAYLOAD, replicas: 4 } }))).toEqual([422, "payload_mismatch"]);
    expect(await outcome(await redeem(id, { payload: { ...PAYLOAD, replicas: "3" } }))).toEqual([422, "payload_mismatch"]);
    expect(await outcome(await redeem(id, { payload: {} }))).toEqual([422, "payload_mismatch"]);
    expect(await outcome(await redeem(id, { payload: [] }))).toEqual([400, "invalid_request"]);
    const doubled = { key: agent.key, origin: null, headers: { "content-type": "application/json" }, text: '{"payload":{"a":1,"a":1}}' };
    expect(await outcome(await call("POST", `/api/v1/approvals/${id}/redeem`, doubled))).toEqual([422, "payload_not_canonical"]);
    expect(await viewIn(await redeem(id))).toMatchObject({ status: "approved" });
  });

  it("a second time, whoever asks", async () => {
    const { request_id: id } = await approved();
    await redeem(id);
    expect(await outcome(await redeem(id))).toEqual([409, "already_redeemed"]);
    expect(await outcome(await redeem(id, { idempotency_key: "late" }))).toEqual([409, "already_redeemed"]);
    expect(await leaves(id)).toEqual(["final", "redeemed"]);
  });

  it("after use_by, and not a millisecond before", async () => {
    const first = await approved();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(first.use_by) });
    expect((await redeem(first.request_id)).status).toBe(200);
    vi.useRealTimers();
    const second = await approved();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(second.use_by) + 1 });
    expect(await outcome(await redeem(second.request_id))).toEqual([409, "deadline_passed"]);
  });

  it("to another agent, and to a revoked one", async () => {
    const { request_id: id } = await approved();
    const other = await makeAgent(person, "other-bot");
    expect(await outcome(await redeem(id, {}, other))).toEqual([404, "unknown_request"]);
    await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: person.cookie });
    expect(await outcome(await redeem(id))).toEqual([401, "unauthorized"]);
    expect(await leaves(id)).toEqual(["final"]);
  });

  it("once the passkey that approved has been revoked", async () => {
    const { request_id: id } = await approved();
    await env.DB.prepare("UPDATE passkey SET revoked_at = ?").bind(new Date().toISOString()).run();
    expect(await outcome(await redeem(id))).toEqual([409, "not_approved"]);
    expect(await leaves(id)).toEqual(["final"]);
  });
});

describe("an idempotency key", () => {
  it("gets the same answer again, by member or header, and no other key does", async () => {
    const { request_id: id } = await approved();
    const first = await viewIn(await redeem(id, { idempotency_key: "run-1" }));
    expect(await viewIn(await redeem(id, { idempotency_key: "run-1" }))).toEqual(first);
    expect(await viewIn(await post(id, "redeem", { payload: PAYLOAD }, agent, { "idempotency-key": "run-1" }))).toEqual(first);
    expect(await outcome(await redeem(id, { idempotency_key: "run-2" }))).toEqual([409, "already_redeemed"]);
    expect(await outcome(await redeem(id, { idempotency_key: "run-1", payload: {} }))).toEqual([422, "payload_mismatch"]);
  });

  it("lets one of many calls at the same moment through, all of one key, none of another", async () => {
    const { request_id: id } = await approved();
    const keys = ["a", "b", "a", "b", "a", "b"];
    const answers = await Promise.all(keys.map((key) => redeem(id, { idempotency_key: key })));
    const through = new Set(keys.filter((_, index) => answers[index]?.status === 200));
    expect(through.size).toBe(1);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 200, 409, 409, 409]);
    expect(await leaves(id)).toEqual(["final", "redeemed"]);
  });

  it("ten calls without one: exactly one may act", async () => {
    const { request_id: id } = await approved();
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(id)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  });
});

describe("reporting", () => {
  it("needs a redemption", async () => {
    const { request_id: id } = await approved();
    expect(await outcome(await report(id, "succeeded"))).toEqual([409, "not_redeemed"]);
  });

  it("counts once; the same again is as good", async () => {
    const { request_id: id } = await approved();
    await redeem(id);
    await report(id, "failed", "timeout");
    expect(await viewIn(await report(id, "failed", "timeout"))).toMatchObject({ outcome: "failed" });
    expect(await outcome(await report(id, "failed", "other"))).toEqual([409, "already_reported"]);
    expect(await outcome(await report(id, "succeeded"))).toEqual([409, "already_reported"]);
    expect(await outcome(await report(id, "unknown"))).toEqual([409, "already_reported"]);
    expect(await leaves(id)).toEqual(["final", "redeemed", "outcome"]);
  });

  it("an outcome may follow unknown, and the receipt holds the latest", async () => {
    const { request_id: id } = await approved();
    await redeem(id);
    expect(await viewIn(await report(id, "unknown"))).toMatchObject({ outcome: "unknown" });
    expect(await verified(id)).toMatchObject({ ok: true, value: { outcome: { status: "unknown" } } });
    expect(await outcome(await report(id, "unknown", "still"))).toEqual([409, "already_reported"]);
    expect(await viewIn(await report(id, "succeeded"))).toMatchObject({ outcome: "succeeded" });
    expect(await verified(id)).toMatchObject({ ok: true, value: { outcome: { status: "succeeded" } } });
    expect(await leaves(id)).toEqual(["final", "redeemed", "unknown", "outcome"]);
  });

  it("knows three outcomes and details of at most 2,000 characters", async () => {
    const { request_id: id } = await approved();
    await redeem(id);
    expect(await outcome(await report(id, "maybe"))).toEqual([400, "invalid_request"]);
    expect(await outcome(await report(id, "failed", "x".repeat(2_001)))).toEqual([400, "invalid_request"]);
  });
});

describe("the page of who may look", () => {
  const stateOf = async (seen?: string): Promise<ApprovalPageState> => stateIn(await stateAfter(seen));
  const stateAfter = (seen?: string) =>
    call("GET", `/a/${id}/state${seen === undefined ? "" : `?wait=20&seen=${encodeURIComponent(seen)}`}`, { cookie: person.cookie });
  const stateIn = async (answer: Response): Promise<ApprovalPageState> => answer.json();
  let id: string;
  beforeEach(async () => {
    id = (await approved()).request_id;
  });

  it("learns at once that it was used, and then how that went, with the agent's words", async () => {
    const unused = await stateOf();
    expect(unused.use).toBeUndefined();
    let waiting = stateOf(unused.tag);
    const { redeemed_at } = await viewIn(await redeem(id));
    let told = await waiting;
    // The first change is that it is stored; it is used once that is in the log.
    if (told.use?.redeemed_at === null) told = await stateOf(told.tag);
    expect(told.use).toEqual({ redeemed_at, outcome: null, reported_at: null, detail: null });
    waiting = stateOf(told.tag);
    await report(id, "unknown", "The connection broke");
    told = await waiting;
    if (told.use?.outcome === null) told = await stateOf(told.tag);
    expect(told.use).toMatchObject({ redeemed_at, outcome: "unknown", detail: "The connection broke" });
    await report(id, "failed", "Two of three hosts");
    expect((await stateOf()).use).toMatchObject({ outcome: "failed", detail: "Two of three hosts" });
    const page = await (await call("GET", `/a/${id}`, { cookie: person.cookie })).text();
    expect(page).toContain("The agent reported failure,");
  });

  it("tells nothing as used that is not in the log", async () => {
    await env.DB.prepare("ALTER TABLE log_leaf RENAME TO log_leaf_away").run();
    await redeem(id);
    expect((await stateOf()).use).toEqual({ redeemed_at: null, outcome: null, reported_at: null, detail: null });
    await env.DB.prepare("ALTER TABLE log_leaf_away RENAME TO log_leaf").run();
    expect((await stateOf()).use?.redeemed_at).toMatch(/Z$/);
  });

  it("says that it was never used once that is over", async () => {
    const shown = async () => (await call("GET", `/a/${id}`, { cookie: person.cookie })).text();
    expect(await shown()).toContain("Not used yet.");
    const { use_by: useBy } = await viewOf(agent, id);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(useBy) + 6_000 });
    expect(await shown()).toContain("Never used, and no longer usable");
    expect(await outcome(await redeem(id))).toEqual([409, "deadline_passed"]);
  });
});

describe("while the log is away", () => {
  const breakLog = () => env.DB.prepare("ALTER TABLE log_leaf RENAME TO log_leaf_away").run();
  const mendLog = () => env.DB.prepare("ALTER TABLE log_leaf_away RENAME TO log_leaf").run();

  it("nobody is told to act; the call that redeemed learns it later, by its key", async () => {
    const { request_id: id } = await approved();
    await breakLog();
    expect(await outcome(await redeem(id, { idempotency_key: "run-1" }))).toEqual([503, "unavailable"]);
    expect(await outcome(await redeem(id, { idempotency_key: "run-2" }))).toEqual([409, "already_redeemed"]);
    expect((await viewOf(agent, id)).redeemed_at).toBeUndefined();
    await evictDurableObject(stub(id));
    await mendLog();
    expect(await runDurableObjectAlarm(stub(id))).toBe(true);
    expect(await viewIn(await redeem(id, { idempotency_key: "run-1" }))).toMatchObject({ status: "approved" });
    expect(await leaves(id)).toEqual(["final", "redeemed"]);
    expect(await verified(id)).toMatchObject({ ok: true });
  });
});

it("an object that is put back to before it was redeemed redeems nothing again", async () => {
  const { request_id: id } = await approved();
  const before = await runInDurableObject(stub(id), (_, state) => state.storage.kv.get("approval"));
  await redeem(id, { idempotency_key: "run-1" });
  await runInDurableObject(stub(id), (_, state) => state.storage.kv.put("approval", before));
  expect(await outcome(await redeem(id, { idempotency_key: "run-2" }))).toEqual([409, "already_redeemed"]);
  // Whose call it was is not in the log, so its own key gets nothing either.
  expect(await outcome(await redeem(id, { idempotency_key: "run-1" }))).toEqual([409, "already_redeemed"]);
  expect(await leaves(id)).toEqual(["final", "redeemed"]);
  expect(await verified(id)).toMatchObject({ ok: true });
});

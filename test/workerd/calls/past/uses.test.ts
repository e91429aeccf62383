/** Asks, and what becomes of them, in the past of their agent: what passes counts at once, what people approve once it is used. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type Agent, ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { activityOf } from "#test/workerd/support/calls/agent-calls.ts";
import { keptPast, paid } from "#test/workerd/support/calls/past.ts";
import { LOST, putBack, storedCalls } from "#test/workerd/support/calls/put-back.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { AgentActivity, ApprovalRequest } from "#worker.ts";

let person: Someone;
let agent: Agent;
const meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest });
beforeEach(async () => {
  await emptyStorage();
  ({ person, agent } = await personAndAgent());
});
afterEach(() => void vi.useRealTimers());

const defaults = { separation: false };
const inForce = (...rules: object[]) => putInForce(policyOf(rules, { defaults }));
const asks = { name: "asks", match: { tool: "pay" }, effect: "require_approval" };
const letting = (when: string) => ({ name: "lets", match: { tool: "pay", when }, effect: "allow" });
const denying = (when: string) => ({ name: "most", match: { tool: "pay", when }, effect: "deny" });

const pay = (amount = 1): Promise<AgentView> => ask(agent, { tool: "pay", payload: { amount } });
const redeem = (id: string, amount = 1, key: string = crypto.randomUUID()): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: { amount }, idempotency_key: key } });
const approvedAsk = async (amount = 1): Promise<string> => {
  const { request_id: id } = await pay(amount);
  await decided(person, id, "approved");
  return id;
};
const keysKept = async () => (await keptPast(agent)).map(({ key }) => key).toSorted();
const activityCalls = () => Object.entries(meter.take().objectRequests).filter(([name]) => name.startsWith("AgentActivity")).length;

describe("an ask that a rule lets pass", () => {
  it("counts at once, and its use is the same: one more waits for people, who are asked about it and not counted", async () => {
    await inForce(letting('history.count("pay", "1h") < 2'), asks);
    const views = [await pay(), await pay(), await pay()];
    expect(views.map(({ status }) => status)).toEqual(["approved", "approved", "pending"]);
    const [first, second] = views.map(({ request_id: id }) => id);
    expect(await keysKept()).toEqual([first, second].toSorted());
    expect((await redeem(first ?? "")).status).toBe(200);
    expect(await keysKept()).toEqual([first, second].toSorted());
    expect((await keptPast(agent)).map(({ server, tool, scalars }) => [server, tool, scalars])).toEqual(
      Array.from({ length: 2 }, () => [null, "pay", '{"amount":1}']),
    );
  });

  it("counts though no question was about it, once a policy asks about others", async () => {
    await inForce(denying('history.count("get_*", "1h") >= 2'), { name: "gets", match: { tool: "get_*" }, effect: "allow" }, asks);
    for (let n = 0; n < 2; n++) await ask(agent, { tool: "get_status", payload: { n } });
    const answer = await call("POST", "/api/v1/approvals", {
      key: agent.key,
      origin: null,
      body: { action: "Pay", tool: "pay", payload: { amount: 1 }, wait_seconds: 0 },
    });
    expect(await outcome(answer)).toEqual([403, "policy_denied"]);
  });
});

describe("an ask that people approve", () => {
  it("counts once it is used, exactly as many as a rule lets: of ten at once five", async () => {
    await inForce(denying('history.count("pay", "1h") >= 5'), asks);
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await approvedAsk(n));
    expect(await keysKept()).toEqual([]);
    const answers = await Promise.all(ids.map((id, n) => redeem(id, n)));
    const used = ids.filter((_, n) => answers[n]?.status === 200);
    expect(used).toHaveLength(5);
    expect(await keysKept()).toEqual(used.toSorted());
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(await outcome(answer)).toEqual([403, "policy_denied"]);
  });

  it("counts for a sum by its payload; without a number there nothing can be used any more", async () => {
    await inForce(denying('history.sum("pay", "amount", "1h") + double(args.amount) > 100.0'), asks);
    const [first, second, third] = [await approvedAsk(60), await approvedAsk(60), await approvedAsk(40)];
    expect((await redeem(first, 60)).status).toBe(200);
    expect(await outcome(await redeem(second, 60))).toEqual([403, "policy_denied"]);
    expect((await redeem(third, 40)).status).toBe(200);
  });

  it("is used once, and stays counted, whatever comes with it: a wrong payload, the same again, and all at once", async () => {
    await inForce(denying('history.count("pay", "1h") >= 1'), asks);
    const [id, other] = [await approvedAsk(), await approvedAsk(2)];
    const answers = await Promise.all([redeem(id, 9), redeem(id, 1, "key"), redeem(id, 9), redeem(id, 1, "key"), redeem(id, 9)]);
    expect(answers.map(({ status }) => status)).toEqual([422, 200, 422, 200, 422]);
    expect(await keysKept()).toEqual([id]);
    expect((await redeem(id, 1, "key")).status).toBe(200);
    expect(await outcome(await redeem(other, 2))).toEqual([403, "policy_denied"]);
    expect(await keysKept()).toEqual([id]);
  });

  it("counts for nothing where its use is refused, and can be used later", async () => {
    await inForce(denying('history.count("pay", "1m") >= 1'), asks);
    const [first, second] = [await approvedAsk(), await approvedAsk(2)];
    expect(await outcome(await redeem(first, 9))).toEqual([422, "payload_mismatch"]);
    expect(await keysKept()).toEqual([]);
    expect((await redeem(first)).status).toBe(200);
    expect((await redeem(second, 2)).status).toBe(403);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect((await redeem(second, 2)).status).toBe(200);
  });
});

it("asks no object where the policy asks nothing, and one where it does", async () => {
  await inForce(letting("args.amount < 5"), asks);
  meter.take();
  expect((await pay()).status).toBe("approved");
  expect((await redeem((await pay(2)).request_id, 2)).status).toBe(200);
  expect(activityCalls()).toBe(0);
  await inForce(letting('history.count("pay", "1h") < 3'), asks);
  meter.take();
  expect((await pay(3)).status).toBe("approved");
  // Asked about while it is judged, and counted under the id that it has once it is opened.
  expect(activityCalls()).toBe(2);
});

describe("an agent that only asks", () => {
  const used = async (n: number) => {
    for (let turn = 0; turn < n; turn++) expect((await redeem((await pay(turn)).request_id, turn)).status).toBe(200);
  };

  it("has used what the log says it has, when a policy first asks", async () => {
    await inForce({ ...asks, effect: "allow" });
    await used(2);
    await pay(7);
    await inForce(asks);
    await pay(8);
    const denied = await approvedAsk(9);
    await inForce(denying('history.count("pay", "1h") >= 5'), asks);
    // What passed by a rule counts, used or not.
    expect(await paid(agent)).toBe(3);
    expect((await redeem(denied, 9)).status).toBe(200);
    expect(await paid(agent)).toBe(4);
  });

  it("and its object, lost or put back, learns what it lacks from there at its next start", async () => {
    await inForce(letting('history.count("pay", "1h") < 20'), asks);
    await used(2);
    const then = await storedCalls(agent);
    await used(3);
    await putBack(agent, then);
    expect(await paid(agent)).toBe(5);
    await putBack(agent, LOST);
    expect(await paid(agent)).toBe(5);
    // Of the arguments the log says nothing.
    expect((await keptPast(agent)).map(({ scalars }) => scalars)).toEqual(Array.from({ length: 5 }, () => null));
    await evictDurableObject(activityOf(agent));
    expect(await paid(agent)).toBe(5);
  });
});

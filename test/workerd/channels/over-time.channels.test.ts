/** What comes with time: escalations, reminders, and silence; by alarms, wherever the object was meanwhile. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type Agent, ask, decided, PAYLOAD, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { MAIL, messages, putAway, putContact, putMail, putSlack, tally } from "#test/workerd/support/channels/channels-in-force.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const MINUTE_MS = 60_000;
const slackOk = { status: 200, body: JSON.stringify({ ok: true, channel: { id: "D1" }, ts: "1.1" }) };

let alex: Someone;
let agent: Agent;
let mail: string;
let askedMs: number;
let id: string;

beforeEach(async () => {
  await receivers.reset();
  await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
  await receivers.answer("slack.com", slackOk);
  ({ person: alex, agent } = await personAndAgent());
  mail = await putMail();
  await putContact(alex.id, mail, "alex@example.com");
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

async function asked(body = {}): Promise<void> {
  const view = await ask(agent, body);
  [id, askedMs] = [view.request_id, Date.parse(view.requested_at)];
}
const stub = () => objectOf(env.APPROVAL_REQUEST.getByName(id));
const sent = (type: string) => messages(`type = '${type}' AND state = 'sent'`);
/** The object sleeps, the time comes, and the platform calls its alarm; as often as it has set another one for that time. */
async function at(minutes: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: askedMs + minutes * MINUTE_MS });
  for (let alarms = 0; alarms < 5; alarms++) {
    await evictDurableObject(stub());
    await runDurableObjectAlarm(stub());
    const next = await runInDurableObject(stub(), async (_, { storage }) => await storage.getAlarm());
    if (next === null || next > Date.now()) break;
  }
}
const toldOf = async (type: string) => (await sent(type)).map(({ person_id: person, target }) => person ?? target);

describe("escalation", () => {
  it("tells three people over two channels, each when it is their turn, and nobody twice", async () => {
    const [bo, cleo] = [await admitted(alex, "bo"), await admitted(alex, "cleo", ["approver"], ["oncall"])];
    const slack = await putSlack([{ group: "oncall", to: "C0123" }]);
    await putContact(bo.id, slack, "U0BO");
    await putContact(cleo.id, mail, "cleo@example.com");
    const escalate = [
      { after: "5m", users: ["bo"] },
      { after: "10m", groups: ["oncall"] },
    ];
    const approvals = [{ users: ["alex"] }];
    await putInForce(
      policyOf([{ name: "it", effect: "require_approval", expires_in: "30m", approvals, escalate, notify: { remind: [] } }]),
    );
    await asked();
    await expect.poll(() => toldOf("request.opened")).toEqual([alex.id]);
    await at(4);
    expect(await toldOf("request.escalated")).toEqual([]);
    await at(5);
    expect(await toldOf("request.escalated")).toEqual([bo.id]);
    await at(10);
    const all = (await toldOf("request.escalated")).toSorted();
    expect(all).toEqual([bo.id, cleo.id, "C0123"].toSorted());
    await at(20);
    expect((await toldOf("request.escalated")).toSorted()).toEqual(all);
  });
});

describe("a reminder", () => {
  it("comes once, before the deadline, to whoever has not signed", async () => {
    await asked({ expires_in_seconds: 1_200 });
    await expect.poll(() => tally()).toEqual({ "request.opened sent": 1 });
    await at(14.9);
    expect(await sent("request.reminder")).toEqual([]);
    await at(15);
    await at(18);
    expect(await toldOf("request.reminder")).toEqual([alex.id]);
  });

  it("comes when a rule says so, and never if it says none", async () => {
    await putInForce(policyOf([{ name: "it", effect: "require_approval", expires_in: "30m", notify: { remind: ["20m", "2m"] } }]));
    await asked();
    for (const [minutes, times] of [
      [9, 0],
      [10, 1],
      [27, 1],
      [28, 2],
    ] as const) {
      await at(minutes);
      expect((await sent("request.reminder")).length).toBe(times);
    }
  });

  it("comes to nobody once it is decided", async () => {
    await asked({ expires_in_seconds: 1_200 });
    await decided(alex, id, "denied");
    await at(16);
    expect(await messages("type = 'request.reminder'")).toEqual([]);
  });
});

describe("silence", () => {
  const RULE = { name: "it", effect: "require_approval", risk: "low", expires_in: "10m", on_expiry: "approve", notify: { remind: [] } };
  const redeem = () => call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
  const over = async (): Promise<AgentView> => {
    await at(10);
    await at(10.1);
    return viewOf(agent, id);
  };

  it("lets pass in the end what a rule says, once somebody was told; and what passed may be used once", async () => {
    await putInForce(policyOf([RULE]));
    await asked();
    await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
    expect(await over()).toMatchObject({ status: "approved", basis: "timeout" });
    expect(await outcome(await redeem())).toEqual([200, undefined]);
    expect(await outcome(await redeem())).toEqual([409, "already_redeemed"]);
  });

  it("means no where nothing was accepted by a channel", async () => {
    await receivers.answer(MAIL, { status: 500 });
    await putInForce(policyOf([RULE]));
    await asked();
    await expect.poll(async () => (await messages())[0]?.answer).toBe("http_500");
    expect(await over()).toMatchObject({ status: "expired" });
  });

  it("means no where only somebody was told who is told in another's place", async () => {
    const bo = await admitted(alex, "bo");
    await putContact(bo.id, mail, "bo@example.com");
    await putAway(alex.id, bo.id);
    await putInForce(policyOf([{ ...RULE, approvals: [{ users: ["alex"] }] }]));
    await asked();
    await expect.poll(() => toldOf("request.opened")).toEqual([bo.id]);
    const { status, ...view } = await over();
    expect([status, view]).toEqual(["expired", expect.not.objectContaining({ notified_at: expect.anything() })]);
  });

  it("means no where the agent leaves people less time than the rule does", async () => {
    await putInForce(policyOf([RULE]));
    await asked({ expires_in_seconds: 599 });
    await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
    expect(await over()).toMatchObject({ status: "expired" });
  });

  it("means no where somebody has denied", async () => {
    const bo = await admitted(alex, "bo");
    await putInForce(policyOf([{ ...RULE, denials: 2 }]));
    await asked();
    await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
    await decided(bo, id, "denied");
    expect(await over()).toMatchObject({ status: "expired" });
  });

  it("means no once its agent was stopped", async () => {
    await putInForce(policyOf([RULE]));
    await asked();
    await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
    await stop(alex, agent.id);
    await at(10);
    const ended = await env.DB.prepare("SELECT record ->> '$.kind' AS kind FROM log_leaf WHERE idem = ?1")
      .bind(`${id}:final`)
      .first("kind");
    expect(["approval.cancelled", "approval.expired"]).toContain(ended);
  });

  it("serves no more where the policy in force takes it for no", async () => {
    await putInForce(policyOf([RULE]));
    await asked();
    await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
    expect(await over()).toMatchObject({ status: "approved", basis: "timeout" });
    await putInForce(policyOf([{ ...RULE, on_expiry: "deny" }]));
    expect(await outcome(await redeem())).toEqual([409, "policy_changed"]);
  });
});

/** An agent asks, a person signs, anyone can check it: every end, each with a receipt that verifies offline. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, decided, openPage, PAYLOAD, personAndAgent, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { call, ORIGIN, outcome } from "#test/workerd/support/people.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

/** The verdict of the offline verifier on the receipt of a request. */
async function verified(agent: Agent, id: string) {
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  const receipt = parseReceipt(await receiptOf(agent, id));
  if (!receipt.ok) return receipt;
  return verifyReceipt(receipt.value, { vkey, origin: ORIGIN });
}

const cancel = (agent: Agent, id: string, body: object = {}) =>
  call("POST", `/api/v1/approvals/${id}/cancel`, { key: agent.key, origin: null, body });

/** Moves the clock past the deadline and rings the object's alarm. */
async function passDeadline(expiresAt: string, id: string): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(expiresAt) });
  await runDurableObjectAlarm(objectOf(env.APPROVAL_REQUEST.getByName(id)));
}

it("approves: the waiting call returns, and the receipt verifies", async () => {
  const { person, agent } = await personAndAgent();
  const asked = await ask(agent, { reason: "Ticket 4711" });
  expect(asked).toMatchObject({ status: "pending", required: 1, approvals: 0, approval_url: `${ORIGIN}/a/${asked.request_id}` });

  const waiting = viewOf(agent, asked.request_id, 20);
  const state = await decided(person, asked.request_id, "approved", { comment: "Looks right" });
  expect(state).toMatchObject({ status: "approved", ended_by: "passkeys" });

  const answer = await waiting;
  expect(answer).toMatchObject({ status: "approved", basis: "passkeys", comment: "Looks right", approvals: 1 });
  expect(answer.decided_by).toMatchObject([{ id: person.id, username: "alex", verdict: "approved" }]);
  expect(JSON.parse(await receiptOf(agent, asked.request_id))).toMatchObject({ payload: PAYLOAD, comments: [{ text: "Looks right" }] });
  expect(await verified(agent, asked.request_id)).toMatchObject({ ok: true, value: { status: "approved", endedBy: "passkeys" } });
});

it("denies, which is signed and logged like an approval", async () => {
  const { person, agent } = await personAndAgent();
  const asked = await ask(agent);
  await decided(person, asked.request_id, "denied", { comment: "Not on a Friday" });
  expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "denied", comment: "Not on a Friday", approvals: 0 });
  expect(await verified(agent, asked.request_id)).toMatchObject({ ok: true, value: { status: "denied" } });
});

it("expires at its deadline by the alarm, and wakes who waits", async () => {
  const { agent } = await personAndAgent();
  const asked = await ask(agent, { expires_in_seconds: 30 });
  const waiting = viewOf(agent, asked.request_id, 20);
  await passDeadline(asked.expires_at, asked.request_id);
  expect(await waiting).toMatchObject({ status: "expired", decided_by: [] });
  expect(await verified(agent, asked.request_id)).toMatchObject({ ok: true, value: { status: "expired", endedBy: "deadline" } });
});

it("expires by the clock, whenever the alarm comes", async () => {
  const { person, agent } = await personAndAgent();
  const asked = await ask(agent, { expires_in_seconds: 30 });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(asked.expires_at) });
  expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "expired" });
  expect((await openPage(person, asked.request_id)).state).toMatchObject({ status: "expired", ended_by: "deadline" });
});

it("cancels for the agent that asked; again is as good, after a decision is refused", async () => {
  const { person, agent } = await personAndAgent();
  const asked = await ask(agent);
  const cancelled = await cancel(agent, asked.request_id, { reason: "No longer needed" });
  expect(await cancelled.json()).toMatchObject({ status: "cancelled", cancel_reason: "No longer needed" });
  expect((await cancel(agent, asked.request_id)).status).toBe(200);
  expect(await verified(agent, asked.request_id)).toMatchObject({ ok: true, value: { status: "cancelled", endedBy: "requester" } });

  const second = await ask(agent);
  await decided(person, second.request_id, "approved");
  expect(await outcome(await cancel(agent, second.request_id))).toEqual([409, "already_final"]);
  expect(await viewOf(agent, second.request_id)).toMatchObject({ status: "approved" });
});

it("cancels what a revoked agent has pending, and ends its waits as unauthorized", async () => {
  const { person, agent } = await personAndAgent();
  const asked = await ask(agent);
  const waiting = call("GET", `/api/v1/approvals/${asked.request_id}?wait=30`, { key: agent.key, origin: null });
  await vi.waitFor(async () => expect(await socketsOf(asked.request_id)).toBe(1));
  expect((await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: person.cookie })).status).toBe(204);
  expect(await outcome(await waiting)).toEqual([401, "unauthorized"]);
  expect((await openPage(person, asked.request_id)).state).toMatchObject({ status: "cancelled", ended_by: "revocation" });
});

it("asks two people where two are required, and one denial ends it", async () => {
  const { person, agent } = await personAndAgent();
  const second = await admitted(person, "robin");
  const asked = await ask(agent, { approvers: { required: 2 } });
  expect(await decided(person, asked.request_id, "approved")).toMatchObject({ status: "pending" });
  expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "pending", approvals: 1, required: 2 });
  await decided(second, asked.request_id, "approved");
  expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "approved", approvals: 2 });
  expect(await verified(agent, asked.request_id)).toMatchObject({ ok: true, value: { decisions: [{}, {}] } });

  const other = await ask(agent, { approvers: { required: 2 } });
  await decided(person, other.request_id, "approved");
  await decided(second, other.request_id, "denied");
  expect(await verified(agent, other.request_id)).toMatchObject({ ok: true, value: { status: "denied", decisions: [{}, {}] } });
});

it("gives a receipt to those who may have it, once it has ended", async () => {
  const { person, agent } = await personAndAgent();
  const asked = await ask(agent);
  const path = `/api/v1/approvals/${asked.request_id}/receipt`;
  expect(await outcome(await call("GET", path, { key: agent.key, origin: null }))).toEqual([409, "not_final"]);
  await decided(person, asked.request_id, "denied");
  expect((await call("GET", path, { cookie: person.cookie })).headers.get("content-disposition")).toContain("attachment");
  expect(await outcome(await call("GET", path))).toEqual([401, "unauthorized"]);
});

/** How many sockets wait on a request. */
const socketsOf = (id: string): Promise<number> =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);

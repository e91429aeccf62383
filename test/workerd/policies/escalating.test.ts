/** More people become eligible with time: by alarm, wherever the object was meanwhile, and each only from then on. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestV2 } from "#countersign/documents/request.ts";
import {
  type Agent,
  ask,
  decide,
  decided,
  openPage,
  personAndAgent,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { admitted, changeRoles, recordsOf } from "#test/workerd/support/invited.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const RULE = {
  name: "deploys",
  effect: "require_approval",
  risk: "low",
  expires_in: "30m",
  approvals: [{ users: ["alex"] }],
  escalate: [
    { after: "5m", users: ["bo"] },
    { after: "10m", groups: ["oncall"] },
    { after: "45m", groups: ["never"] },
  ],
};
const MINUTE_MS = 60_000;

let alex: Someone;
let bo: Someone;
let cleo: Someone;
let agent: Agent;
let askedMs: number;
let id: string;

beforeEach(async () => {
  ({ person: alex, agent } = await personAndAgent());
  bo = await admitted(alex, "bo");
  cleo = await admitted(alex, "cleo", ["approver"], ["oncall"]);
  await putInForce(policyOf([RULE]));
  const asked = await ask(agent);
  [id, askedMs] = [asked.request_id, Date.parse(asked.requested_at)];
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const stub = () => objectOf(env.APPROVAL_REQUEST.getByName(id));
const after = (minutes: number, ms = 0) => vi.useFakeTimers({ toFake: ["Date"], now: askedMs + minutes * MINUTE_MS + ms });
const alarmAt = () => runInDurableObject(stub(), async (_, { storage }) => ((await storage.getAlarm()) ?? 0) - askedMs);
const listed = async (): Promise<string[]> => {
  const eligible = await env.DB.prepare("SELECT eligible FROM approval WHERE id = ?1").bind(id).first<string>("eligible");
  return (JSON.parse(eligible ?? "[]") as string[]).toSorted();
};
const hasIt = async ({ cookie }: Someone): Promise<boolean> => (await (await call("GET", "/inbox", { cookie })).text()).includes(id);
const nobodysNonce = async (person: Someone): Promise<string> => (await openPage(person, id)).nonce;

it("who comes when is signed from the beginning; a step that would come too late is none", async () => {
  const { quorum } = (await openPage(alex, id)).request as RequestV2;
  const from = (minutes: number) => new Date(askedMs + minutes * MINUTE_MS).toISOString();
  expect(quorum).toEqual([
    {
      name: "alex",
      required: 1,
      eligible: [alex.id],
      escalations: [
        { from: from(5), eligible: [bo.id] },
        { from: from(10), eligible: [cleo.id] },
      ],
    },
  ]);
});

it("comes by alarm, step by step, although the object is evicted in between", async () => {
  expect([await alarmAt(), await listed(), await hasIt(bo)]).toEqual([5 * MINUTE_MS, [alex.id], false]);
  await evictDurableObject(stub());
  after(5);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect([await alarmAt(), await listed(), await hasIt(bo), await hasIt(cleo)]).toEqual([
    10 * MINUTE_MS,
    [alex.id, bo.id].toSorted(),
    true,
    false,
  ]);
  await evictDurableObject(stub());
  after(10, 1);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect([await alarmAt(), await listed(), await hasIt(cleo)]).toEqual([30 * MINUTE_MS, [alex.id, bo.id, cleo.id].toSorted(), true]);
  expect(await decided(cleo, id, "approved")).toMatchObject({ status: "approved" });
  vi.useRealTimers();
  const [record] = await recordsOf("approval.approved");
  expect(record).toMatchObject({ decisions: [{ statement: { type: "countersign/statement@v2", approver: { id: cleo.id } } }] });
});

it("two steps that passed while nobody came by are listed together", async () => {
  after(12);
  await runDurableObjectAlarm(stub());
  expect([await alarmAt(), await listed()]).toEqual([30 * MINUTE_MS, [alex.id, bo.id, cleo.id].toSorted()]);
});

describe("before their time", () => {
  it("they may look, and not decide", async () => {
    expect(await nobodysNonce(bo)).toBe("");
    after(5, -1);
    expect(await nobodysNonce(bo)).toBe("");
    after(5);
    expect(await nobodysNonce(bo)).not.toBe("");
  });

  it("a nonce that was made for others does not help", async () => {
    const stolen = await openPage(alex, id);
    const body = await signedDecision(bo, { ...stolen, person: { id: bo.id, username: "bo" } }, "approved");
    expect((await outcome(await send(bo, id, body)))[0]).toBe(404);
    after(5);
    expect(await outcome(await send(bo, id, body))).toEqual([403, "decision_not_accepted"]);
  });

  it("a denial of theirs ends nothing", async () => {
    after(9);
    const body = await signedDecision(cleo, { ...(await openPage(alex, id)), person: { id: cleo.id, username: "cleo" } }, "denied");
    expect((await outcome(await send(cleo, id, body)))[0]).toBe(404);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
  });
});

it("a denial of theirs ends it once they may decide", async () => {
  const open = await openPage(alex, id);
  after(5);
  expect(await decided(bo, id, "denied")).toMatchObject({ status: "denied" });
  expect(await outcome(await send(alex, id, await signedDecision(alex, open, "approved")))).toEqual([409, "already_final"]);
});

it("whoever is no approver any more when their time comes decides nothing", async () => {
  await changeRoles(alex, bo.id, ["auditor"]);
  after(6);
  await runDurableObjectAlarm(stub());
  expect((await decide(bo, id, "approved").catch(() => new Response(null, { status: 404 }))).status).not.toBe(200);
  expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
});

it("expires with its deadline, whoever was asked by then", async () => {
  after(30);
  await runDurableObjectAlarm(stub());
  expect(await viewOf(agent, id)).toMatchObject({ status: "expired" });
});

/** Who is stopped or revoked takes everybody below along: their keys, what they have pending, and what was approved for them. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endOverdueAgents } from "#composition/agents/end-overdue.ts";
import { env } from "cloudflare:workers";
import { type Agent, ask, askFor, decided, PAYLOAD, read, viewOf } from "#test/workerd/support/approvals.ts";
import { below, chainBelow, listBelow, type MadeBelow, sendBelow } from "#test/workerd/support/agents/below.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { release, stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const STOPPED = [403, "agent_stopped"];
const GONE = [401, "unauthorized"];
const SERVED = [200, undefined];

let alex: Someone;
let top: Agent;
let one: MadeBelow;
let two: MadeBelow;
let beside: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  top = await makeAgent(alex, "planner");
  beside = await makeAgent(alex, "other");
  const [first, second] = await chainBelow(top, ["one", "two"]);
  if (first === undefined || second === undefined) throw new Error("no chain");
  [one, two] = [first, second];
});
afterEach(() => void vi.useRealTimers());

const approved = async (agent: Agent): Promise<string> => {
  const { request_id: id } = await ask(agent);
  await decided(alex, id, "approved");
  return id;
};
const redeem = async ({ key }: Agent, id: string) =>
  outcome(await call("POST", `/api/v1/approvals/${id}/redeem`, { key, origin: null, body: { payload: PAYLOAD } }));
const revoke = (id: string) => call("DELETE", `/api/v1/agents/${id}`, { cookie: alex.cookie });
const status = async (agent: Agent) => outcome(await askFor(agent, { idempotency_key: crypto.randomUUID() }));

describe("a stop from above", () => {
  it.each(["top", "one"] as const)("of %s stops those below, and no others", async (which) => {
    const stopped = which === "top" ? top : one;
    const [pending, ready] = [(await ask(two)).request_id, await approved(two)];
    const untouched = (await ask(beside)).request_id;
    expect((await stop(alex, stopped.id)).status).toBe(204);
    expect([await status(one), await status(two)]).toEqual([STOPPED, STOPPED]);
    expect(await status(top)).toEqual(which === "top" ? STOPPED : [201, undefined]);
    expect(await redeem(two, ready)).toEqual(STOPPED);
    expect(await recordsOf("approval.cancelled")).toMatchObject([{ ended_by: "stop", request: { id: pending } }]);
    expect(await viewOf(beside, untouched)).toMatchObject({ status: "pending" });
    expect((await listBelow(top)).map(({ name, stopped: isStopped }) => [name, isStopped])).toEqual([
      ["one", true],
      ["two", true],
    ]);
    // Released, they go on; nothing of before does.
    await release(alex, stopped.id);
    expect([await status(top), await status(one), await status(two)]).toEqual(Array.from({ length: 3 }, () => [201, undefined]));
    expect(await redeem(two, ready)).toEqual(STOPPED);
  });

  it("of one in the middle and of the top are two, of which each has to be released", async () => {
    await stop(alex, top.id);
    await stop(alex, one.id);
    await release(alex, top.id);
    expect([await status(top), await status(two)]).toEqual([[201, undefined], STOPPED]);
    await release(alex, one.id);
    expect(await status(two)).toEqual([201, undefined]);
  });

  it("of the one below leaves those above alone", async () => {
    const ready = await approved(one);
    await stop(alex, two.id);
    expect([await status(top), await status(one), await status(two)]).toEqual([[201, undefined], [201, undefined], STOPPED]);
    expect(await redeem(one, ready)).toEqual(SERVED);
  });

  it("ends a wait of one below", async () => {
    const { request_id: id } = await ask(two);
    const waiting = read(two, id, 50);
    await stop(alex, top.id);
    expect(await outcome(await waiting)).toEqual(STOPPED);
  });
});

describe("a revocation above", () => {
  it("ends those below at once, with what they have pending, and for good", async () => {
    const { request_id: id } = await ask(two);
    const ready = await approved(two);
    expect((await revoke(top.id)).status).toBe(204);
    for (const { key } of [top, one, two]) {
      const listed = call("GET", "/api/v1/agents/self/delegations", { key, origin: null });
      expect(await outcome(await listed)).toEqual(GONE);
    }
    expect(await redeem(two, ready)).toEqual(GONE);
    expect(await outcome(await sendBelow(two, { name: "more" }))).toEqual(GONE);
    expect(await recordsOf("approval.cancelled")).toMatchObject([{ ended_by: "revocation", request: { id } }]);
    expect(await status(beside)).toEqual([201, undefined]);
  });

  it("is on record of each of those below once the round comes by, and once only", async () => {
    await revoke(top.id);
    await endOverdueAgents(env);
    await endOverdueAgents(env);
    const ended = (await recordsOf("agent.revoked")).map(({ agent }) => agent?.["name" as never]);
    expect(ended.toSorted()).toEqual(["one", "planner", "two"]);
  });
});

it("what one below has pending ends with its time, and it cannot use what was approved", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const short = await below(top, { name: "short", expires_in: 60 });
  const { request_id: id } = await ask(short);
  const ready = await approved(short);
  vi.setSystemTime(Date.now() + 60_000);
  expect(await redeem(short, ready)).toEqual(GONE);
  await endOverdueAgents(env);
  expect(await recordsOf("approval.cancelled")).toMatchObject([{ ended_by: "revocation", request: { id } }]);
  expect(await recordsOf("agent.revoked")).toMatchObject([{ agent: { name: "short" } }]);
  // An hour later nobody looks for it any more.
  vi.setSystemTime(Date.now() + 3_700_000);
  await endOverdueAgents(env);
  const kept = await env.DB.prepare("SELECT count(*) AS n FROM agent_below WHERE below = ?").bind(short.id).first<number>("n");
  expect(kept).toBe(0);
});

/** D1 is away for ten minutes, with approvals on their way to the log; alarms come late, twice, or never. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { ask, decide, openPage, PAYLOAD, read, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { outcome } from "#test/workerd/support/people.ts";
import { manyOr } from "#test/support/every-case.ts";
import { outage, withFaults, writers } from "#test/workerd/faults/fault-plan.ts";
import {
  agentCalls,
  alarmOf,
  expectAtRest,
  type Cast,
  forget,
  later,
  runAlarm,
  service,
  stored,
  stub,
  verified,
} from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";

const cast = service();
const loseAlarm = (id: string): Promise<void> => runInDurableObject(stub(id), (_, { storage }) => storage.deleteAlarm());
const redeem = (one: Cast, id: string) => agentCalls(one, id, "redeem", { payload: PAYLOAD, idempotency_key: "run" });
const report = (one: Cast, id: string) => agentCalls(one, id, "outcome", { outcome: "succeeded" });

interface OnItsWay {
  id: string;
  status: AgentView["status"];
  keys: string[];
}

/** How an approval can have come on its way to the log: what is done before the outage, and what as it begins. */
const WAYS: {
  status: AgentView["status"];
  keys: string[];
  before: ((id: string) => Promise<unknown>)[];
  last: (id: string) => Promise<unknown>;
}[] = [
  { status: "approved", keys: ["final"], before: [], last: (id) => decide(cast().person, id, "approved") },
  { status: "denied", keys: ["final"], before: [], last: (id) => decide(cast().person, id, "denied") },
  { status: "cancelled", keys: ["final"], before: [], last: (id) => agentCalls(cast(), id, "cancel", {}) },
  { status: "expired", keys: ["final"], before: [], last: () => Promise.resolve() },
  {
    status: "approved",
    keys: ["final", "redeemed"],
    before: [(id) => decide(cast().person, id, "approved")],
    last: (id) => redeem(cast(), id),
  },
  {
    status: "approved",
    keys: ["final", "redeemed", "outcome"],
    before: [(id) => decide(cast().person, id, "approved"), (id) => redeem(cast(), id)],
    last: (id) => report(cast(), id),
  },
];

/** So many approvals, each stored as far as it goes and its last fact not in the log. */
async function manyOnTheirWay(count: number): Promise<OnItsWay[]> {
  const many = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const way = WAYS[n % WAYS.length];
      if (way === undefined) throw new Error("no way");
      const { request_id: id } = await ask(cast().agent, { expires_in_seconds: 60 });
      for (const step of way.before) await step(id);
      return { id, ...way };
    }),
  );
  outage.commits = true;
  await Promise.all(many.map(({ id, last }) => last(id)));
  return many;
}

/** Numbers from 0 to below 1, the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

describe.each([
  [1, 50],
  [2, manyOr(24, 50)],
])("for ten minutes, with %d writers of the log", (count, approvals) => {
  it(`${approvals} approvals wait, are tried ever more slowly, and then each has one leaf`, async () => {
    writers.count = count;
    const { agent } = cast();
    const many = await manyOnTheirWay(approvals);
    // Who asks about what is approved already is answered at once.
    const waited = many.filter((_, n) => n < WAYS.length && WAYS[n]?.before.length === 0);
    const waits = waited.map(async ({ id }) => (await read(agent, id, 50)).json<AgentView>());
    await vi.waitFor(async () => {
      for (const { id } of waited) expect(await runInDurableObject(stub(id), (_, state) => state.getWebSockets().length)).toBe(1);
    });
    for (const { id } of many.slice(approvals * 0.6)) await forget(id, cast());

    outage.database = true;
    const random = sequence(7);
    const startMs = Date.now();
    const tries = new Map<string, number[]>();
    const lost = new Set<string>();
    const alarms = new Map(await Promise.all(many.map(async ({ id }) => [id, await alarmOf(id)] as const)));
    for (;;) {
      const nextMs = Math.min(...[...alarms.values()].flatMap((atMs) => atMs ?? []));
      // Late by up to five seconds, and all that is due by then at once.
      const nowMs = Math.max(Date.now(), nextMs + random() * 5_000);
      if (nowMs > startMs + 600_000) break;
      vi.setSystemTime(nowMs);
      for (const [id, atMs] of alarms) {
        if (atMs === null || atMs > nowMs) continue;
        tries.set(id, [...(tries.get(id) ?? []), nowMs]);
        if (lost.size < 10 && random() < 0.02) {
          lost.add(id);
          await loseAlarm(id);
        } else {
          expect(await runAlarm(id), "it never throws").toBe("ran");
          if (random() < 0.1) await runAlarm(id);
        }
        alarms.set(id, await alarmOf(id));
      }
      const [one] = many;
      expect(await outcome(await read(agent, one?.id ?? ""))).toEqual([503, "unavailable"]);
    }
    expect(lost.size).toBeGreaterThan(3);
    for (const { id, status } of many) {
      const times = tries.get(id) ?? [];
      expect(times.length).toBeLessThan(40);
      const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
      expect(Math.max(...gaps, 0), "at most a minute apart, and five seconds late").toBeLessThanOrEqual(65_000);
      if (!lost.has(id)) expect(times.at(-1)).toBeGreaterThan(Date.now() - 65_000);
      // To whoever asks it: nothing has happened yet.
      const held = JSON.parse((await env.APPROVAL_REQUEST.getByName(id).readText()) ?? "null") as { status: string } | null;
      expect(["settling", "pending", "approved"]).toContain(held?.status);
      if (held?.status === "approved") expect(status).toBe("approved");
    }

    outage.database = false;
    outage.commits = false;
    later(65);
    await Promise.all(many.map(({ id }) => runAlarm(id)));
    // An alarm that is lost is nobody's to run: then it is the agent who comes by.
    for (const [n, { id, status, keys }] of many.entries()) {
      expect(await viewOf(agent, id)).toMatchObject({ status });
      expect(await leavesOf(id)).toEqual(keys);
      await expectAtRest(id);
      if (n % 5 === 0) expect((await verified(cast(), id)).status).toBe(status);
    }
    // One whose deadline came meanwhile is woken by it and told that nothing can be said now; unless its object had slept, on a slow
    // machine, and so did not know its log: then it is told the end, once D1 is back. Never that it is approved.
    const told = (await Promise.all(waits)).map((view) => view.status);
    const ends = waited.map(({ status }) => status);
    const busy = ends.map((status) => (status === "expired" ? 503 : status));
    expect([ends, busy]).toContainEqual(told);
  });
});

describe("while nothing can be logged", () => {
  it("cancelling answers the same, however often, and in the end that it is cancelled", async () => {
    const { agent, person } = cast();
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), "approved");
    outage.commits = true;
    const first = await agentCalls(cast(), id, "cancel", {});
    expect(first.status).toBe(200);
    const view = await first.json<AgentView>();
    expect(view.status).toBe("pending");
    expect(await (await agentCalls(cast(), id, "cancel", {})).json()).toEqual(view);
    expect(await outcome(await send(person, id, body))).toEqual([409, "already_final"]);
    outage.commits = false;
    expect(await (await agentCalls(cast(), id, "cancel", {})).json()).toMatchObject({ status: "cancelled" });
    expect(await leavesOf(id)).toEqual(["final"]);
  });

  it("a redemption that is in the log is still told, although the report on it is not", async () => {
    const { request_id: id } = await ask(cast().agent);
    await decide(cast().person, id, "approved");
    await redeem(cast(), id);
    outage.commits = true;
    expect(await outcome(await report(cast(), id))).toEqual([503, "unavailable"]);
    expect(await outcome(await redeem(cast(), id))).toEqual([200, undefined]);
    expect(await outcome(await report(cast(), id))).toEqual([503, "unavailable"]);
    outage.commits = false;
    expect(await outcome(await report(cast(), id))).toEqual([200, undefined]);
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "outcome"]);
  });

  it("what is stored and not logged is said to be stored: neither undone, nor to be acted on", async () => {
    const [used, reported] = [await ask(cast().agent), await ask(cast().agent)];
    for (const { request_id: id } of [used, reported]) await decide(cast().person, id, "approved");
    await redeem(cast(), reported.request_id);
    outage.commits = true;
    const detail =
      "This is stored, and not in the log yet: call again with the same arguments. Do not act on a redemption before that; one without an idempotency key cannot be called again: ask for a new approval.";
    for (const answer of [await redeem(cast(), used.request_id), await report(cast(), reported.request_id)]) {
      expect(await answer.json()).toMatchObject({ code: "unavailable", detail });
    }
    outage.commits = false;
    expect(await outcome(await redeem(cast(), used.request_id))).toEqual([200, undefined]);
    expect(await outcome(await report(cast(), reported.request_id))).toEqual([200, undefined]);
  });

  it("a request past its deadline is past cancelling, even before that is recorded", async () => {
    const { agent } = cast();
    const { request_id: id } = await ask(agent, { expires_in_seconds: 30 });
    later(30);
    outage.commits = true;
    expect(await outcome(await agentCalls(cast(), id, "cancel", {}))).toEqual([409, "already_final"]);
    outage.commits = false;
    expect(await viewOf(agent, id)).toMatchObject({ status: "expired" });
  });

  it("what a log that never answers holds up comes through at the next try", async () => {
    const { agent, person } = cast();
    const { request_id: id } = await ask(agent);
    outage.log = true;
    // It is given up after five seconds, and everybody who came meanwhile with it.
    const deciding = decide(person, id, "approved");
    await expect.poll(async () => (await stored(id))?.ending?.status).toBe("approved");
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    expect((await deciding).status).toBe(200);
    outage.log = false;
    expect(await runAlarm(id)).toBe("ran");
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
    expect(await leavesOf(id)).toEqual(["final"]);
  });
});

describe("an alarm", () => {
  it("that cannot be set takes the write it belongs to with it", async () => {
    const { agent, person } = cast();
    const { request_id: id } = await ask(agent);
    const before = await stored(id);
    outage.alarms = true;
    expect(await outcome(await decide(person, id, "approved"))).toEqual([503, "unavailable"]);
    outage.alarms = false;
    expect(await stored(id)).toEqual({ ...before, told: { notifiedAt: null, seenAt: expect.any(String) } });
    expect(await alarmOf(id)).toBe(Date.parse(before?.request.expires_at ?? ""));
    expect((await decide(person, id, "approved")).status).toBe(200);
  });

  it("that was given up is set again by whoever comes by: for the deadline, and while something is not in the log", async () => {
    const { agent, person } = cast();
    const { request_id: id, expires_at } = await ask(agent);
    await loseAlarm(id);
    await viewOf(agent, id);
    expect(await alarmOf(id)).toBe(Date.parse(expires_at));

    outage.commits = true;
    await decide(person, id, "approved");
    outage.alarms = true;
    for (let tries = 0; tries < 7; tries++) expect(await runAlarm(id), "the platform tries again").toBe("failed");
    outage.alarms = false;
    await loseAlarm(id);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    expect(await alarmOf(id)).toBeGreaterThan(Date.now());
    outage.commits = false;
    expect(await runAlarm(id)).toBe("ran");
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
  });

  it("before its time, twice at once, or after everything is done, does no more than it should", async () => {
    const { agent } = cast();
    const { request_id: id, expires_at } = await ask(agent);
    expect(await runAlarm(id)).toBe("ran");
    expect(await alarmOf(id)).toBe(Date.parse(expires_at));
    later(900);
    await Promise.all([runAlarm(id), runAlarm(id)]);
    const { seen } = await withFaults([], () =>
      runInDurableObject(stub(id), (instance) => (instance as { alarm(): Promise<void> }).alarm()),
    );
    // Its own, for the archive.
    expect(seen.map(({ name }) => name)).toEqual(["approval: setAlarm"]);
    await expectAtRest(id);
    expect(await leavesOf(id)).toEqual(["final"]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "expired" });
  });
});

describe("a wait", () => {
  const POINTS = ["approval: transaction", "call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
  const cases = POINTS.flatMap((at) => (["absent", "present"] as const).map((how) => ({ at, how, end: "dies" as const })));

  it.each(cases)("outlives the object it waits on: $at, $how", async (fault) => {
    const { agent, person } = cast();
    const { request_id: id } = await ask(agent);
    const waiting = read(agent, id, 30);
    await expect.poll(() => runInDurableObject(stub(id), (_, state) => state.getWebSockets().length)).toBe(1);
    const { struck } = await withFaults([fault], () => decide(person, id, "approved"));
    expect(struck).toHaveLength(1);
    // The person tries again if that was lost; the waiter, who reads, may have finished it by then.
    if ((await stored(id))?.ending === null) await decide(person, id, "approved");
    await runAlarm(id);
    expect(await (await waiting).json()).toMatchObject({ status: "approved" });
    expect(await leavesOf(id)).toEqual(["final"]);
  });

  it("ends when its time is over, however the clock is set meanwhile", async () => {
    const { agent } = cast();
    const { request_id: id } = await ask(agent);
    const waiting = viewOf(agent, id, 1);
    await expect.poll(() => runInDurableObject(stub(id), (_, state) => state.getWebSockets().length)).toBe(1);
    later(-3_600);
    expect(await waiting).toMatchObject({ status: "pending" });
  });
});

/** Who has signed a request that still needs others: stored in its object, then told to people's lists; whatever fails between, they hear of it. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Inbox, TABS } from "#api/inbox-data.ts";
import { ask, openPage, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { oneIn } from "#test/support/every-case.ts";
import { ENDS, endOutages, HOWS, outage, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { agentCalls, alarmOf, FINISHERS, forget, later, runAlarm, service, stored } from "#test/workerd/faults/journeys.ts";

const cast = service();
let sam: Someone;
beforeAll(async () => {
  sam = await admitted(cast().person, "sam");
});

const WRITES = ["call: decide of the approval", "approval: transaction", "D1: batch, insert into signed_by", "approval: transaction"];

/** A request for two signatures, and how the first is given. */
async function firstOfTwo() {
  const { person, agent } = cast();
  const { request_id: id, expires_at: deadline } = await ask(agent, { approvers: { users: ["alex", "sam"], required: 2 } });
  const body = await signedDecision(person, await openPage(person, id), "approved");
  return { id, deadline, act: async () => outcome(await send(person, id, body)) };
}

async function listsWith(person: Someone, id: string): Promise<string[]> {
  const tabs = Object.values(TABS).slice(0, 3);
  const inboxes = await Promise.all(
    tabs.map(async (tab) => (await call("GET", `/inbox?tab=${tab}`, { cookie: person.cookie })).json<Inbox>()),
  );
  const lists = inboxes.flatMap((inbox) => inbox.lists);
  return lists.filter(({ rows }) => rows.some((row) => row.id === id)).map(({ name }) => name);
}

it("writes this, in this order", async () => {
  const { id, act, deadline } = await firstOfTwo();
  const { done, seen } = await withFaults([], act);
  expect([done, seen.map(({ name }) => name)]).toEqual([[200, undefined], WRITES]);
  expect([await listsWith(cast().person, id), await listsWith(sam, id)]).toEqual([["signed"], ["waiting"]]);
  expect(await alarmOf(id)).toBe(Date.parse(deadline));
});

const CASES = WRITES.flatMap((name, at) => HOWS.flatMap((how) => ENDS.map((end) => ({ name, at, how, end }))));

describe.each(Object.keys(FINISHERS).map((by, turn) => ({ by, turn })))("then $by comes by", ({ by, turn }) => {
  it.each(oneIn(3, CASES, turn))("after write $at, $name, $how, and the object $end", async ({ at, how, end }) => {
    const { id, act, deadline } = await firstOfTwo();
    const { struck } = await withFaults([{ at, how, end }], async (plan) => {
      await act();
      await expect.poll(() => plan.struck).toHaveLength(1);
      return null;
    });
    expect(struck).toHaveLength(1);
    await forget(id, cast());
    later(1);
    await FINISHERS[by]?.(cast(), id);
    const isSigned = (await stored(id))?.decisions.length === 1;
    expect([await listsWith(cast().person, id), await listsWith(sam, id)]).toEqual([[isSigned ? "signed" : "waiting"], ["waiting"]]);
    // What was not stored may be sent again, and what was is.
    expect(await act()).toEqual(isSigned ? [409, "already_decided"] : [200, undefined]);
    expect(await listsWith(cast().person, id)).toEqual(["signed"]);
    expect(await alarmOf(id)).toBe(Date.parse(deadline));
    // So that the lists stay short.
    await agentCalls(cast(), id, "cancel", {});
  });
});

it("asks nobody again for what they have signed, while the log takes nothing", async () => {
  const { person, agent } = cast();
  const { request_id: id } = await ask(agent, { approvers: { users: ["alex"] } });
  const body = await signedDecision(person, await openPage(person, id), "approved");
  outage.commits = true;
  expect((await send(person, id, body)).status).toBe(200);
  await expect.poll(() => listsWith(person, id)).toEqual(["signed"]);
  endOutages();
  later(1);
  expect(await runAlarm(id)).toBe("ran");
  expect(await listsWith(person, id)).toEqual(["recent"]);
  const left = await env.DB.prepare("SELECT count(*) AS rows FROM signed_by WHERE id = ?1").bind(id).first<number>("rows");
  expect(left).toBe(0);
});

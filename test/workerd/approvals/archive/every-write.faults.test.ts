/** Every write on the way to the archive fails, in every way: nothing is lost, nothing is opened again, and the next alarm finishes. */
import { describe, expect, it } from "vitest";
import { outcome } from "#test/workerd/support/people.ts";
import { askFor, PAYLOAD } from "#test/workerd/support/approvals.ts";
import { outage, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { archived, asked, bucket, DAY_S, ENDINGS, everythingOf, overIds, signInAgain } from "#test/workerd/faults/archiving.ts";
import { agentCalls, alarmOf, expectAtRest, forget, later, runAlarm, service, stored } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";

const cast = service();
const WRITES = [
  "approval: setAlarm",
  "archive: put words",
  "archive: put requests",
  "D1: batch, delete from approval",
  "approval: deleteAll",
];

/** A request that is used, thirty-one days ago. */
async function dueOne(key: string) {
  const id = await asked(cast(), key);
  await ENDINGS["used"]?.(cast(), id);
  await expectAtRest(id);
  later(31 * DAY_S);
  await signInAgain(cast());
  return { id, before: await everythingOf(cast(), id, key) };
}

it("writes this, in this order", async () => {
  const { id } = await dueOne("in order");
  const { done, seen } = await withFaults([], () => runAlarm(id));
  expect([done, seen.map(({ name }) => name)]).toEqual(["ran", WRITES]);
  expect([await stored(id), await alarmOf(id)]).toEqual([null, null]);
});

describe("survives every failure of each", () => {
  it.each(faultsOf(WRITES))("write $at, $name, $how, and the object $end", async ({ name, at, how, end }) => {
    const key = `${at} ${how} ${end}`;
    const { id, before } = await dueOne(key);
    const leaves = await leavesOf(id);
    const { struck } = await withFaults([{ at, how, end }], () => runAlarm(id));
    expect(struck).toHaveLength(1);
    await forget(id, cast());

    // The platform takes back a write of an object that dies of it, but not this one.
    const isEmptied = name === "approval: deleteAll" && (how === "present" || end === "dies");
    expect((await stored(id)) === null).toBe(isEmptied);
    expect(await everythingOf(cast(), id, key), "whoever comes by").toEqual(before);
    // An alarm that failed comes again; one that was lost with it is set by whoever came by.
    if (!isEmptied) expect(await alarmOf(id)).not.toBeNull();
    later(3_600);
    await runAlarm(id);
    expect([await stored(id), await alarmOf(id)]).toEqual([null, null]);
    expect((await overIds()).filter((one) => one === id)).toEqual([id]);
    expect(await everythingOf(cast(), id, key), "from the archive").toEqual(before);
    expect(await leavesOf(id)).toEqual(leaves);
  });
});

describe("while the archive is away", () => {
  it("what is due stays in its object and is tried again each hour; what is archived is unavailable, and nothing is opened in its place", async () => {
    const gone = await asked(cast(), "gone");
    await ENDINGS["denied"]?.(cast(), gone);
    await archived(cast(), gone);
    const { id, before } = await dueOne("stays");
    outage.archive = true;
    for (let hour = 0; hour < 3; hour++) {
      expect(await runAlarm(id)).toBe("ran");
      expect((await alarmOf(id)) ?? 0).toBe(Date.now() + 3_600_000);
      later(3_600);
    }
    expect(await everythingOf(cast(), id, "stays")).toEqual(before);
    const refused = [503, "unavailable"];
    expect(await outcome(await askFor(cast().agent, { idempotency_key: "gone" }))).toEqual(refused);
    expect(await outcome(await agentCalls(cast(), gone, "redeem", { payload: PAYLOAD }))).toEqual(refused);
    expect(await outcome(await agentCalls(cast(), gone, "cancel", {}))).toEqual(refused);
    expect(await stored(gone)).toBeNull();
    outage.archive = false;
    await runAlarm(id);
    expect(await stored(id)).toBeNull();
    expect(await everythingOf(cast(), id, "stays")).toEqual(before);
  });
});

describe("where the archive holds something else", () => {
  it("the object stays as it is, and the archive too", async () => {
    const { id, before } = await dueOne("other");
    await bucket().put(`requests/${id}`, "something else");
    later(3_600);
    await runAlarm(id);
    expect(await everythingOf(cast(), id, "other")).toEqual(before);
    expect(await overIds()).not.toContain(id);
    expect(await (await bucket().get(`requests/${id}`))?.text()).toBe("something else");
  });
});

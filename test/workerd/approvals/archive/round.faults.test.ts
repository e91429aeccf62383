/** The cron's round: whatever ended long ago and has no alarm goes to the archive as well, objects of an earlier version above all. */
import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it, vi } from "vitest";
import worker from "#worker.ts";
import { archived, asked, DAY_S, ENDINGS, everythingOf, signInAgain } from "#test/workerd/faults/archiving.ts";
import { alarmOf, later, runAlarm, service, stored, stub } from "#test/workerd/faults/journeys.ts";

const cast = service();
beforeEach(() => signInAgain(cast()));

const cron = (variables: object = {}) => worker.scheduled(createScheduledController(), { ...env, ...variables });

/** As a version that knew no archive has left it: over, and with no alarm. */
async function leftBehind(key: string, ending = "cancelled"): Promise<string> {
  const id = await asked(cast(), key);
  await ENDINGS[ending]?.(cast(), id);
  await runInDurableObject(stub(id), (_, { storage }) => storage.deleteAlarm());
  return id;
}

it("wakes what ended long ago, which an hour later goes to the archive; nothing else", async () => {
  const id = await leftBehind("left", "used");
  const before = await everythingOf(cast(), id, "left");
  await runInDurableObject(stub(id), (_, { storage }) => storage.deleteAlarm());
  later(29 * DAY_S);
  await cron();
  expect(await alarmOf(id)).toBeNull();
  later(3 * DAY_S);
  await signInAgain(cast());
  const young = await leftBehind("young");
  await cron({ ARCHIVE_AFTER_DAYS: "off" });
  await cron({ ARCHIVE: undefined });
  expect(await alarmOf(id)).toBeNull();
  await cron();
  expect([await alarmOf(id), await alarmOf(young)]).toEqual([Date.now() + 3_600_000, null]);
  later(3_600);
  await runAlarm(id);
  expect(await stored(id)).toBeNull();
  // Its proof is of the log as it is now.
  expect(await everythingOf(cast(), id, "left")).toEqual({
    ...before,
    receipt: expect.objectContaining({ payload: before.receipt["payload"] }) as unknown,
  });
});

it("comes to all of them in turn, and then begins anew", async () => {
  const over = await asked(cast(), "over already");
  await ENDINGS["cancelled"]?.(cast(), over);
  await archived(cast(), over);
  const many = await Promise.all(Array.from({ length: 90 }, (_, i) => leftBehind(`of many ${i}`)));
  later(31 * DAY_S);
  const woken = async () => (await Promise.all(many.map(alarmOf))).filter((at) => at !== null).length;
  const counts: number[] = [];
  for (let round = 0; round < 4; round++) {
    await cron();
    counts.push(await woken());
  }
  expect(counts.slice(0, 2).every((count, i) => count > 0 && count <= 40 * (i + 1))).toBe(true);
  expect(counts.at(-1)).toBe(90);
  for (const id of many.slice(0, 3)) await runInDurableObject(stub(id), (_, { storage }) => storage.deleteAlarm());
  for (let round = 0; round < 3; round++) await cron();
  expect(await woken()).toBe(90);
});

it("that fails says so, and the next one goes on", async () => {
  const id = await leftBehind("failed");
  later(31 * DAY_S);
  const lines: string[] = [];
  const spy = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const gone = new Proxy(env.ARCHIVE as R2Bucket, {
    get: () => () => Promise.reject(new Error("the archive is away")),
  });
  for (let round = 0; round < 3; round++) await cron({ ARCHIVE: gone, KEEP_PAYLOAD_DAYS: "30" });
  spy.mockRestore();
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(
    Array.from({ length: 3 }, () => ({ event: "archive-round-failed", error: "the archive is away" })),
  );
  // What needs no bucket was done all the same.
  expect(await alarmOf(id)).not.toBeNull();
});

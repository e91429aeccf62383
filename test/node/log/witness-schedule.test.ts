/** When witnesses are asked, as far as the alarm that the platform keeps does not decide it. */
import { expect, it } from "vitest";
import { WitnessSchedule } from "#gate/log/witnessing/witness-schedule.ts";

/** A schedule on a clock of the test's own, and the alarms that it has set. */
function scheduled() {
  const clock = { ms: 1_000_000 };
  const alarms: number[] = [];
  const schedule = new WitnessSchedule({
    intervalMs: 10_000,
    round: () => Promise.resolve(null),
    setAlarm: (atMs) => void alarms.push(atMs - 1_000_000),
    roundFailed: (error) => {
      throw error;
    },
    now: () => clock.ms,
  });
  return { clock, alarms, schedule };
}

it("sets one alarm for whatever comes before it, and none within an interval of the last round", async () => {
  const { clock, alarms, schedule } = scheduled();
  schedule.request();
  clock.ms += 100;
  schedule.request();
  expect(alarms).toEqual([250]);
  clock.ms += 150;
  await schedule.wake();
  schedule.request();
  expect(alarms).toEqual([250, 10_250]);
});

it("sets it again if it never came: what was lost is made up for by whoever asks next", () => {
  const { clock, alarms, schedule } = scheduled();
  schedule.request();
  clock.ms += 30_000;
  schedule.request();
  expect(alarms).toEqual([250]);
  clock.ms += 60_000;
  schedule.request();
  schedule.request();
  expect(alarms).toEqual([250, 90_250]);
});

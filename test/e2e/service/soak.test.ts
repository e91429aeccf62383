/** The soak of `npm run soak`, for seconds: a service under load is killed twice, and nothing that it told is lost or doubled. */
import { rmSync } from "node:fs";
import { expect, it } from "vitest";
import { soak } from "#test/support/soak/soak.ts";

const SECONDS = 10;
const RATE = 5;
const ALL = SECONDS * RATE;

it("whatever was told before a kill holds after it, once", async () => {
  const soaked = await soak({ seconds: SECONDS, rate: RATE, killEverySeconds: 3.5, sampleEverySeconds: 5 });
  expect(soaked.findings).toEqual([]);
  expect(soaked).toMatchObject({ kills: 2, begun: ALL, finished: ALL, broken: { otherwise: 0 } });
  // Or the kills hit nothing.
  expect(soaked.broken.byKill).toBeGreaterThan(0);
  expect(soaked.counted).toMatchObject({ receipts: ALL, leaves: 3 * ALL });
  expect(soaked.counted.redeemedAgain).toBeGreaterThan(ALL);
  rmSync(soaked.stateDir, { recursive: true });
});

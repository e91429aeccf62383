/** What settings, metrics and alerts tell of witnesses: when each cosigned, and that too few do. */
import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import type { SettingsData } from "#api/console/settings-data.ts";
import { personAndAgent } from "#test/workerd/support/approvals.ts";
import { scraped } from "#test/workerd/support/console/scraped.ts";
import type { WitnessState } from "#gate/log/witnessing/witness-state.ts";
import { leaf, logObject, logStub } from "#test/workerd/support/log.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { behave, resetNetwork } from "#test/workerd/support/witness-network.ts";
import worker from "#worker.ts";

let alex: Someone;
beforeEach(async () => {
  await resetNetwork();
  await emptyStorage();
  ({ person: alex } = await personAndAgent());
});

const everyMinute = async (): Promise<void> => await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
const log = async (): Promise<SettingsData["log"]> =>
  (await (await call("GET", "/api/v1/settings", { cookie: alex.cookie, origin: null })).json<SettingsData>()).log;
/** As if those that fail had begun to so much earlier. */
const failEarlier = async (minutes: number): Promise<void> =>
  await runInDurableObject(logStub(), (_, { storage: { kv } }) => {
    const state = kv.get<WitnessState>("witnesses");
    if (state === undefined) throw new Error("nobody was asked");
    for (const standing of Object.values(state.standings))
      if (standing.failingSinceMs !== undefined) standing.failingSinceMs -= minutes * 60_000;
    kv.put("witnesses", state);
  });
const alerts = async () => (await env.DB.prepare("SELECT name FROM alert").all<{ name: string }>()).results.map(({ name }) => name);

it("tells when each witness cosigned", async () => {
  await expect.poll(async () => (await log())?.witnesses?.filter(({ cosigned_at: at }) => at !== null).length).toBe(3);
  expect((await log())?.witness_health).toBe("ok");
  const ages = (await scraped()).get("countersign_witness_cosignature_age_seconds")?.samples ?? [];
  expect(ages).toHaveLength(3);
  for (const { value } of ages) expect(value).toBeGreaterThanOrEqual(0);
});

it("tells that too few have answered for ten minutes, and that enough do again", async () => {
  await expect.poll(async () => (await log())?.witness_health).toBe("ok");
  await everyMinute();
  expect(await alerts()).toEqual([]);
  await behave({ one: "down", two: "down" });
  await logObject().append(leaf("one more"));
  await expect.poll(async () => (await log())?.witness_health).toBe("behind");
  await everyMinute();
  expect(await alerts()).toEqual([]);
  await failEarlier(11);
  await everyMinute();
  expect(await alerts()).toEqual(["witness_away"]);
  await behave();
  await logObject().append(leaf("another"));
  await expect.poll(async () => (await log())?.witness_health).toBe("ok");
  await everyMinute();
  expect(await alerts()).toEqual([]);
});

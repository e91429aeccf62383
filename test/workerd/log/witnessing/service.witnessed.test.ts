/** The deployed service with witnesses: alarms, the cron, restarts, what is served and told; over real HTTP to the witnesses. */
import { createScheduledController, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { WitnessState } from "#gate/log/witnessing/witness-state.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import worker from "#worker.ts";
import { ask, decide, personAndAgent, receiptOf } from "#test/workerd/support/approvals.ts";
import { leaf, logObject, logStub } from "#test/workerd/support/log.ts";
import { call, ORIGIN } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { behave, calls, readCosigned, resetNetwork, testPolicy } from "#test/workerd/support/witness-network.ts";

const ALL = ["one", "two", "three"];
/** A round begins soon, and takes what HTTP on one machine takes. */

let lines: string[] = [];
beforeEach(async () => {
  await resetNetwork();
  await emptyStorage();
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const told = (): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => String(event).startsWith("witness"));

const served = async () => await readCosigned(await (await call("GET", "/log/checkpoint")).text());
const witnessedAt = async (size: number, cosigners = ALL) =>
  await expect.poll(served).toEqual({ size, cosigners, isWitnessed: cosigners.length >= 2 });

/** Rounds that there may have been since then: one an interval of a second, and the first. */
const mostRounds = (sinceMs: number): number => Math.ceil((Date.now() - sinceMs) / 1_000) + 1;
const callsOf = async (name: string) => (await calls()).filter(({ witness }) => witness === name);

const runCron = async (): Promise<void> => await worker.scheduled(createScheduledController(), env);

it("asks once for what is appended together, and serves the cosignatures with the checkpoint", async () => {
  const startedMs = Date.now();
  await Promise.all(Array.from({ length: 100 }, (_, i) => logObject().append(leaf(`leaf ${i}`))));
  await witnessedAt(101);
  expect((await callsOf("one")).length).toBeLessThanOrEqual(mostRounds(startedMs));
  await logObject().append(leaf("another"));
  await witnessedAt(102);
  expect(told()).toEqual([]);
});

it("asks at most once an interval while the log grows all the time", async () => {
  const startedMs = Date.now();
  let appended = 0;
  while (Date.now() - startedMs < 2_500) {
    await logObject().append(leaf(`leaf ${appended++}`));
    // The runtime's clock stands still for whoever never rests.
    await scheduler.wait(10);
  }
  await witnessedAt(appended + 1);
  const rounds = (await callsOf("one")).length;
  expect(appended).toBeGreaterThan(20);
  expect(rounds).toBeGreaterThanOrEqual(2);
  expect(rounds).toBeLessThanOrEqual(mostRounds(startedMs));
});

it("gives receipts under the newest witnessed checkpoint, also while a newer one is not witnessed yet", async () => {
  const { person, agent } = await personAndAgent();
  const { request_id: id } = await ask(agent);
  await decide(person, id, "approved");
  const { size } = await served();
  await witnessedAt(size);
  await behave({ one: "down", two: "down", three: "down" });
  await logObject().append(leaf("one more"));
  const receipt = parseReceipt(await receiptOf(agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const { proof } = receipt.value.final;
  expect(await readCosigned(proof.slice(proof.indexOf("\n\n") + 2))).toEqual({ size, cosigners: ALL, isWitnessed: true });
  const trust = { vkey: await logObject().vkey(), origin: ORIGIN, policy: testPolicy() };
  expect(await verifyReceipt(receipt.value, trust)).toMatchObject({ ok: true, value: { status: "approved" } });
});

it("keeps nobody waiting for a witness that hangs, drips or is gone; gives it ten seconds", async () => {
  await behave({ one: "hangs", three: "drips" });
  await logObject().append(leaf("first"));
  await witnessedAt(2, ["two"]);
  const startedMs = Date.now();
  for (let i = 0; i < 20; i++) await logObject().append(leaf(`leaf ${i}`));
  await logObject().checkpoint();
  // All of that happened while the two still were waited for.
  expect(told()).toEqual([]);
  const timedOut = (witness: string) => expect.objectContaining({ event: "witness-failed", witness, reason: "timed-out" }) as unknown;
  await expect.poll(told).toEqual(expect.arrayContaining([timedOut("one"), timedOut("three")]));
  expect(Date.now() - startedMs).toBeGreaterThan(8_000);
  await behave();
  await witnessedAt(22);
});

it("forgets nothing when its object starts anew", async () => {
  await logObject().append(leaf("first"));
  await evictDurableObject(logStub());
  await witnessedAt(2);
  // What would keep it in memory would be paid for.
  const startedMs = Date.now();
  await evictDurableObject(logStub());
  expect(Date.now() - startedMs).toBeLessThan(8_000);
  expect(await served()).toEqual({ size: 2, cosigners: ALL, isWitnessed: true });
  await logObject().append(leaf("second"));
  await witnessedAt(3);
  expect((await callsOf("one")).map(({ oldSize, size }) => [oldSize, size])).toEqual([
    [0, 2],
    [2, 3],
  ]);
});

it("the cron has an unchanged head cosigned again once its cosignatures are old, and begins where nobody was asked yet", async () => {
  await logObject().checkpoint();
  expect(await calls()).toEqual([]);
  await runCron();
  await witnessedAt(1);
  await runCron();
  await expect.poll(() => runInDurableObject(logStub(), (_, { storage }) => storage.getAlarm())).toBeNull();
  expect(await calls()).toHaveLength(3);
  const old = Math.floor(Date.now() / 1000) - 700;
  await runInDurableObject(logStub(), (_, { storage }) => {
    const state = storage.kv.get<WitnessState>("witnesses");
    for (const held of Object.values(state?.newest?.cosignatures ?? {})) held.timeSeconds = old;
    storage.kv.put("witnesses", state);
  });
  await runCron();
  await expect.poll(async () => (await calls()).map(({ oldSize, size }) => [oldSize, size]).slice(3)).toEqual(ALL.map(() => [1, 1]));
  await witnessedAt(1);
});

it("tells whoever watches how the witnesses do, and is well all the same", async () => {
  const health = async () => {
    const answer = await call("GET", "/healthz");
    return [answer.status, (await answer.json<{ witnesses: unknown }>()).witnesses];
  };
  expect(await health()).toEqual([200, "ok"]);
  await behave({ one: "refuses", two: "is ahead", three: "down" });
  await logObject().append(leaf("first"));
  await expect.poll(health).toEqual([200, "disputed"]);
  await expect.poll(told).toHaveLength(3);
  expect(told().map(({ at: _, ...line }) => line)).toEqual(
    expect.arrayContaining([
      { event: "witness-refused", witness: "one", size: 2 },
      { event: "witness-ahead", witness: "two", size: Number.MAX_SAFE_INTEGER },
      { event: "witness-failed", witness: "three", reason: "unexpected-answer", status: 503 },
    ]),
  );
  await logObject().append(leaf("second"));
  await behave();
  await witnessedAt(3);
  expect(await health()).toEqual([200, "ok"]);
});

it("a log that signs nothing asks for nothing, and says so", async () => {
  await logObject().append(leaf("first"));
  await witnessedAt(2);
  await env.DB.exec("UPDATE log SET state = 'frozen'");
  await evictDurableObject(logStub());
  await runCron();
  await expect.poll(told).toMatchObject([{ event: "witnesses-not-asked", code: "log_frozen" }]);
  expect(await calls()).toHaveLength(3);
});

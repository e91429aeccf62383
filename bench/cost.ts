/**
 * What each step of an approval uses of the platform, and what that costs by the price list; and what waiting costs, beside
 * an object that holds the waiter's call, after seeing on the runtime which of the two objects leaves memory meanwhile.
 * test/workerd/approvals/costs/cost.test.ts holds the counts.
 */
import { setTimeout } from "node:timers/promises";
import type { PlatformUse } from "#test/support/service/platform-use.ts";
import { begin } from "./begin.ts";
import { send, sockets } from "./calls.ts";
import { Gate, type Signable } from "./gate.ts";
import { MILLION, objectSeconds, priceOf, requestsOf } from "./prices.ts";
import { bundle, startWorker, workerSource } from "./runtime.ts";
import { number, printTable } from "./statistics.ts";

/** Approvals for each step. */
const EACH = 100;
const IDLE_MS = 14_000;
const IDLE_OBJECTS = 20;
const WAITS_SECONDS = [25, 50, 300];

/** The approval that is priced: it waits five minutes, and its page is open for the last one. */
const JOURNEY = ["ask", "open the page", "decide, and a wait for it", "redeem", "report the outcome"];
const MEAN_WAIT_SECONDS = 300;
const PAGE_OPEN_SECONDS = 60;
const PAGE_WAIT_SECONDS = 25;

interface Step {
  name: string;
  /** Means of one step. */
  workerRequests: number;
  use: PlatformUse;
  cpuMs: number;
}

type Work = (one: Signable) => Promise<unknown>;

const oneByOne = async (approvals: readonly Signable[], work: Work): Promise<void> => {
  for (const one of approvals) await work(one);
};
const allAtOnce = async (approvals: readonly Signable[], work: Work): Promise<void> => {
  await Promise.all(approvals.map(work));
};

/** Takes a step with each of these approvals. */
async function measure(
  gate: Gate,
  { name, workerRequests = 1, order = oneByOne }: { name: string; workerRequests?: number; order?: typeof oneByOne },
  approvals: readonly Signable[],
  work: Work,
): Promise<Step> {
  await gate.use();
  const cpuBefore = gate.running.cpuMs();
  await order(approvals, work);
  const cpuMs = (gate.running.cpuMs() - cpuBefore) / approvals.length;
  const mean = (_: string, value: unknown): unknown => (typeof value === "number" ? value / approvals.length : value);
  const use = JSON.parse(JSON.stringify(await gate.use(), mean)) as PlatformUse;
  return { name, workerRequests, cpuMs, use };
}

/** Every step of the way. */
async function measureSteps(gate: Gate): Promise<Step[]> {
  const approvals: Signable[] = [];
  for (let i = 0; i < 2 * EACH; i++) approvals.push(await gate.askAndSign());
  const unawaited = approvals.slice(0, EACH);
  const awaited = approvals.slice(EACH);
  const decideAwaited: Work = async (one) => {
    const [waiting] = await gate.beginWaits([one.id], 50);
    await gate.decide(one);
    await waiting;
  };
  return [
    await measure(gate, { name: "ask" }, awaited, () => gate.ask()),
    await measure(gate, { name: "open the page" }, awaited, (one) => gate.openPage(one)),
    await measure(gate, { name: "wait in vain", order: allAtOnce }, awaited, ({ id }) => gate.wait(id, 1)),
    await measure(gate, { name: "page waits in vain", order: allAtOnce }, awaited, (one) => gate.waitOnPage(one, 1)),
    await measure(gate, { name: "decide, while nobody waits" }, unawaited, (one) => gate.decide(one)),
    await measure(gate, { name: "decide, and a wait for it", workerRequests: 2 }, awaited, decideAwaited),
    await measure(gate, { name: "redeem" }, awaited, ({ id }) => gate.redeem(id)),
    await measure(gate, { name: "report the outcome" }, awaited, ({ id }) => gate.report(id)),
  ];
}

function printSteps(steps: readonly Step[]): void {
  printTable(
    `Used by each step: means of ${EACH}`,
    steps.map(({ name, workerRequests, use, cpuMs }) => ({
      step: name,
      "Worker requests": workerRequests,
      "D1 trips": use.d1Trips,
      "D1 rows written": use.d1RowsWritten,
      "D1 rows read": use.d1RowsRead,
      "object requests": requestsOf(use),
      "object rows written": use.objectRowsWritten,
      "object ms": number(use.objectMs),
      "CPU ms": number(cpuMs),
      "$ per million": number(MILLION * priceOf(workerRequests, use, cpuMs)),
    })),
  );
}

/** The price of a million approvals, each waited for by calls of so many seconds, beside holding the call. */
function printBill(steps: readonly Step[]): void {
  const price = (name: string): number => {
    const step = steps.find((one) => one.name === name);
    if (step === undefined) throw new Error(`no step ${name}`);
    return priceOf(step.workerRequests, step.use, step.cpuMs);
  };
  const polls = PAGE_OPEN_SECONDS / PAGE_WAIT_SECONDS;
  const journey = JOURNEY.reduce((sum, name) => sum + price(name), polls * price("page waits in vain"));
  printTable(
    `Waiting, and a million approvals that each wait ${MEAN_WAIT_SECONDS} s, in dollars`,
    WAITS_SECONDS.map((seconds) => {
      const hour = (3_600 / seconds) * price("wait in vain");
      const heldHour = hour + objectSeconds(3_600);
      const million = (waitingHour: number) => MILLION * (journey + (MEAN_WAIT_SECONDS / 3_600) * waitingHour);
      return {
        "seconds a call": seconds,
        "hour, asleep": hour.toFixed(7),
        "hour, held": heldHour.toFixed(7),
        "held to asleep": number(heldHour / hour),
        "million, asleep": number(million(hour)),
        "million, held": number(million(heldHour)),
      };
    }),
  );
}

/** How often objects were built between a wait's beginning and its answer, 14 s later. */
async function buildsOfSleeping(gate: Gate): Promise<number[]> {
  const signed = [];
  for (let i = 0; i < IDLE_OBJECTS; i++) signed.push(await gate.askAndSign());
  const waits = await gate.beginWaits(
    signed.map(({ id }) => id),
    50,
  );
  await setTimeout(IDLE_MS);
  for (const one of signed) await gate.decide(one);
  for (const { view } of await Promise.all(waits)) if (view.status !== "approved") throw new Error(`told ${view.status}`);
  return Promise.all(signed.map(({ id }) => gate.builds(id)));
}

async function buildsOfHolding(): Promise<number[]> {
  const objects = { HOLDING: { className: "Holding", useSQLite: true } };
  const script = { name: "worker.js", contents: await bundle(workerSource("holding-object.ts")) };
  const holding = await startWorker([script], () => ({ durableObjects: objects }));
  const pool = sockets();
  const get = async (path: string) => (await send(pool, "GET", holding.origin + path, {})).text;
  try {
    const names = Array.from({ length: IDLE_OBJECTS }, (_, i) => `object-${i}`);
    const waits = names.map((name) => get(`/wait/${name}`));
    await setTimeout(IDLE_MS);
    for (const name of names) await get(`/decide/${name}`);
    for (const told of await Promise.all(waits)) if (told !== "approved") throw new Error(`told ${told}`);
    return await Promise.all(names.map(async (name) => Number(await get(`/builds/${name}`))));
  } finally {
    pool.destroy();
    await holding.stop();
  }
}

begin();
const gate = await Gate.start();
try {
  const steps = await measureSteps(gate);
  printSteps(steps);
  printBill(steps);
  const [sleeping, held] = await Promise.all([buildsOfSleeping(gate), buildsOfHolding()]);
  const row = (name: string, builds: number[]) => ({
    variant: name,
    n: builds.length,
    "stayed in memory": builds.filter((times) => times === 1).length,
    "built anew": builds.filter((times) => times === 2).length,
  });
  printTable("Objects whose waiter was answered after 14 s", [row("Countersign", sleeping), row("holds the call", held)]);
} finally {
  await gate.stop();
}

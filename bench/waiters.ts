/**
 * Five thousand agents that wait at once in one Worker, each with a request and a socket of its own, told of progress every
 * ten seconds; then five thousand decisions, eight at a time. All of them are answered, and memory is watched.
 * Argument: how many (5,000).
 */
import { setTimeout } from "node:timers/promises";
import { begin, tell } from "./begin.ts";
import { Gate, type Signable, type Waited } from "./gate.ts";
import { median, number, printTable, quantile } from "./statistics.ts";

const AGENTS = Number(process.argv[2] ?? 5_000);
const AT_ONCE = 8;
const WAIT_SECONDS = 300;
const IDLE_MS = 12_000;
/** Waits begin in waves: an object that is awake has three files open here, a waiter two sockets, and a process may have 20,000. */
const WAVE = 1_000;

/** Runs `work` for each item, so many at a time; the results in the order of the items. */
async function eightAtATime<Item, Done>(items: readonly Item[], work: (item: Item) => Promise<Done>): Promise<Done[]> {
  const results: Done[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [i, item] of entries) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

begin();
const gate = await Gate.start({ inspected: true });
const memory: Record<string, string>[] = [];
const note = async (when: string): Promise<void> => {
  const heap = await gate.heapMib();
  memory.push({ when, "JavaScript heap": number(heap), "whole process": number(gate.running.memoryMib()) });
  tell(when);
};

try {
  await note("started");
  const signed: Signable[] = await eightAtATime(Array.from({ length: AGENTS }), () => gate.askAndSign());
  await setTimeout(IDLE_MS);
  await note(`${AGENTS} requests open, nobody waits`);

  const ids = signed.map(({ id }) => id);
  const waits: Promise<Waited>[] = [];
  for (let from = 0; from < AGENTS; from += WAVE) {
    waits.push(...(await gate.beginWaits(ids.slice(from, from + WAVE), WAIT_SECONDS, { toldOfProgress: true })));
    await setTimeout(IDLE_MS);
  }
  await note(`${AGENTS} wait`);

  const startedMs = performance.now();
  const moments = await eightAtATime(signed, (one) => gate.decide(one));
  const waited = await Promise.all(waits);
  const tookMs = performance.now() - startedMs;
  await note("all answered");
  await setTimeout(IDLE_MS);
  await note("12 s later");

  const answered = waited.filter(({ view }) => view.status === "approved").length;
  const sinceSent = waited.map(({ atMs }, i) => atMs - (moments[i]?.sentMs ?? Number.NaN));
  printTable("Agents waiting at once", [
    {
      waiting: AGENTS,
      answered,
      "all decided and answered within s": number(tookMs / 1_000),
      "decisions a second": number((1_000 * AGENTS) / tookMs),
      "sent to agent p50 ms": number(median(sinceSent)),
      "p99 ms": number(quantile(sinceSent, 0.99)),
    },
  ]);
  printTable("Memory in MiB: JavaScript's in the isolate of Worker and objects, and the process's with storage, D1 and sockets", memory);
  if (answered !== AGENTS) throw new Error(`${AGENTS - answered} were not answered`);
} finally {
  await gate.stop();
}

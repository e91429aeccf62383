/**
 * From a person's decision to the agent's waiting call. Each waiter has a socket of its own. "Asleep": nothing has touched
 * the object for 12 s, and it is seen to have been built anew for the decision; "awake": touched right before, and seen not
 * to have been. Decisions are sent one after the other.
 */
import { setTimeout } from "node:timers/promises";
import { begin, tell } from "./begin.ts";
import { Gate, type Signable } from "./gate.ts";
import { median, number, palindrome, printTable, quantile } from "./statistics.ts";

const ASLEEP_MS = 12_000;
const WAIT_SECONDS = 50;

interface Scenario {
  name: string;
  /** Requests that somebody waits for at the same time, and waiters on each. */
  requests: number;
  waitersEach: number;
  asleep: boolean;
  /** In each of the two passes. */
  repeats: number;
}

const BOTH = [
  { name: "1 at a time, 100 waiting", requests: 100, waitersEach: 1, repeats: 1 },
  { name: "1 at a time, 500 waiting", requests: 500, waitersEach: 1, repeats: 1 },
  { name: "500 on one request", requests: 1, waitersEach: 500, repeats: 3 },
];
const SCENARIOS: Scenario[] = BOTH.flatMap((scenario) => [
  { ...scenario, asleep: false },
  { ...scenario, asleep: true },
]);

/** Milliseconds until the waiter's answer had come. */
interface Sample {
  sinceSent: number;
  sinceAnswered: number;
}

/** Decides one request; how long each of its waiters took. */
async function decideOne(gate: Gate, one: Signable, waits: ReturnType<Gate["wait"]>[], asleep: boolean): Promise<Sample[]> {
  if (!asleep) await gate.touch(one.id);
  const buildsBefore = await gate.builds(one.id);
  const { sentMs, answeredMs } = await gate.decide(one);
  const waited = await Promise.all(waits);
  const built = (await gate.builds(one.id)) - buildsBefore;
  if (built !== (asleep ? 1 : 0))
    throw new Error(`the object was built ${built} times for a decision on one ${asleep ? "asleep" : "awake"}`);
  for (const { view } of waited) if (view.status !== "approved") throw new Error(`a waiter was told ${view.status}`);
  return waited.map(({ atMs }) => ({ sinceSent: atMs - sentMs, sinceAnswered: atMs - answeredMs }));
}

async function measure(gate: Gate, { requests, waitersEach, asleep }: Scenario): Promise<Sample[]> {
  const signed: Signable[] = [];
  for (let i = 0; i < requests; i++) signed.push(await gate.askAndSign());
  const waits = await gate.beginWaits(
    signed.flatMap(({ id }) => Array.from({ length: waitersEach }, () => id)),
    WAIT_SECONDS,
  );
  if (asleep) await setTimeout(ASLEEP_MS);
  const samples: Sample[] = [];
  for (const [i, one] of signed.entries()) {
    samples.push(...(await decideOne(gate, one, waits.slice(i * waitersEach, (i + 1) * waitersEach), asleep)));
  }
  return samples;
}

begin();
const gate = await Gate.start();
const samples = new Map<Scenario, Sample[]>(SCENARIOS.map((scenario) => [scenario, []]));
try {
  await measure(gate, { name: "warm-up", requests: 50, waitersEach: 1, asleep: false, repeats: 1 });
  for (const scenario of palindrome(SCENARIOS)) {
    tell(`${scenario.name}, ${scenario.asleep ? "asleep" : "awake"}`);
    for (let i = 0; i < scenario.repeats; i++) samples.get(scenario)?.push(...(await measure(gate, scenario)));
  }
} finally {
  await gate.stop();
}

const first = median([...samples.values()][0]?.map(({ sinceSent }) => sinceSent) ?? []);
printTable(
  "Decision to agent, milliseconds",
  [...samples].map(([{ name, asleep }, taken]) => {
    const sent = taken.map(({ sinceSent }) => sinceSent);
    const answered = taken.map(({ sinceAnswered }) => sinceAnswered);
    return {
      waiters: name,
      object: asleep ? "asleep" : "awake",
      n: taken.length,
      "sent p50": number(median(sent)),
      p99: number(quantile(sent, 0.99)),
      "answered p50": number(median(answered)),
      "p99 ": number(quantile(answered, 0.99)),
      "to the first": number(median(sent) / first),
    };
  }),
);

/**
 * How long each path takes where D1 and objects are far away (workers/delayed-gate.ts): the trips that follow one another, and the p50,
 * beside the same of an earlier version. Turns go from one version to the other, so that what else the machine does meets both.
 * Options: `--delay` milliseconds there and back (40), `--beside` a commit or the path of an uploaded script, `--turns` of each path (20).
 */
import { parseArgs } from "node:util";
import { uploadedScript } from "#test/support/deploy/uploaded-script.ts";
import { begin, tell } from "./begin.ts";
import { Gate, type Signable } from "./gate.ts";
import { previousScript } from "./previous-script.ts";
import { median, number, printTable } from "./statistics.ts";

const { values } = parseArgs({
  options: { delay: { type: "string", default: "40" }, beside: { type: "string" }, turns: { type: "string", default: "20" } },
});
const DELAY_MS = Number(values.delay);
const TURNS = Number(values.turns);
/** The longest that a waiting call may wait. */
const WAIT_SECONDS = 50;

/** Of one turn on one gate: how long it took somebody, from sending until their answer had come. */
type Take = () => Promise<number>;

interface Path {
  name: string;
  /** Gets everything ready, without delay; what it gives is taken with it. */
  prepare: (gate: Gate) => Promise<Take>;
}

const timed =
  (act: () => Promise<unknown>): Take =>
  async () => {
    const sentMs = performance.now();
    await act();
    return performance.now() - sentMs;
  };

const decided = async (gate: Gate): Promise<Signable> => {
  const one = await gate.askAndSign();
  await gate.decide(one);
  return one;
};

const redeemed = async (gate: Gate): Promise<Signable> => {
  const one = await decided(gate);
  await gate.redeem(one.id);
  return one;
};

/** A path that begins where `make` leaves a request. */
const from =
  (make: (gate: Gate) => Promise<Signable>, act: (gate: Gate, one: Signable) => Promise<unknown>): Path["prepare"] =>
  async (gate) => {
    const one = await make(gate);
    return timed(() => act(gate, one));
  };

/** From sending the decision until the agent's call, which waits since before, has its answer. */
async function heard(gate: Gate): Promise<Take> {
  const one = await gate.askAndSign();
  const [waiting] = await gate.beginWaits([one.id], WAIT_SECONDS);
  return async () => {
    const { sentMs } = await gate.decide(one);
    const waited = await waiting;
    if (waited?.view.status !== "approved") throw new Error(`told ${waited?.view.status}`);
    return waited.atMs - sentMs;
  };
}

const signable = (gate: Gate): Promise<Signable> => gate.askAndSign();

const PATHS: Path[] = [
  { name: "ask", prepare: (gate) => Promise.resolve(timed(() => gate.ask())) },
  {
    name: "ask, with an idempotency key",
    prepare: (gate) => Promise.resolve(timed(() => gate.ask({ idempotency_key: crypto.randomUUID() }))),
  },
  { name: "wait for what has ended", prepare: from(decided, (gate, { id }) => gate.wait(id, WAIT_SECONDS)) },
  { name: "open the page", prepare: from(signable, (gate, one) => gate.openPage(one)) },
  { name: "decide, until the person is answered", prepare: from(signable, (gate, one) => gate.decide(one)) },
  { name: "decide, until a waiting agent hears", prepare: heard },
  { name: "redeem", prepare: from(decided, (gate, { id }) => gate.redeem(id)) },
  { name: "report the outcome", prepare: from(redeemed, (gate, { id }) => gate.report(id)) },
  { name: "receipt", prepare: from(decided, (gate, { id }) => gate.receipt(id)) },
  { name: "finish signing in", prepare: async (gate) => timed(await gate.beginSignIn()) },
  { name: "inbox", prepare: (gate) => Promise.resolve(timed(() => gate.inbox())) },
];

interface Taken {
  eachMs: number[];
  chain: string[];
}

/** A version of the gate, and what its turns took. */
interface Version {
  gate: Gate;
  taken: Map<Path, Taken>;
}

async function takeTurn({ gate, taken }: Version, path: Path): Promise<void> {
  const take = await path.prepare(gate);
  await gate.delay(DELAY_MS);
  let tookMs = 0;
  const chain = await gate.chainOf(async () => (tookMs = await take()));
  await gate.delay(0);
  const sofar = taken.get(path) ?? { eachMs: [], chain: [] };
  taken.set(path, { eachMs: [...sofar.eachMs, tookMs], chain });
}

async function start(script: string): Promise<Version> {
  const version = { gate: await Gate.start({ around: "delayed", script }), taken: new Map<Path, Taken>() };
  // What an isolate remembers of its deployment, such as the log's name, it has read by then.
  for (const path of PATHS) await takeTurn(version, path);
  version.taken.clear();
  return version;
}

const isObject = (trip: string): boolean => trip !== "D1" && trip !== "message";

function columnsOf({ eachMs, chain }: Taken, when: string): Record<string, string | number> {
  const messages = chain.filter((trip) => trip === "message").length;
  const objects = chain.filter(isObject).length;
  return {
    [`${when}: trips to D1`]: chain.filter((trip) => trip === "D1").length,
    [`${when}: hops to objects`]: messages === 0 ? objects : `${objects}, and ${messages} message`,
    [`${when}: p50 ms`]: number(median(eachMs)),
  };
}

begin();
const scripts = [...(values.beside === undefined ? [] : [await previousScript(values.beside)]), await uploadedScript()];
const versions: Version[] = [];
try {
  for (const script of scripts) versions.push(await start(script));
  for (let turn = 0; turn < TURNS; turn++) {
    tell(`turn ${turn + 1} of ${TURNS}`);
    for (const path of PATHS) {
      for (const version of turn % 2 === 0 ? versions : versions.toReversed()) await takeTurn(version, path);
    }
  }
} finally {
  for (const { gate } of versions) await gate.stop();
}

const now = versions.at(-1);
const before = versions.length > 1 ? versions[0] : undefined;
const nothing: Taken = { eachMs: [], chain: [] };
printTable(
  `${DELAY_MS} ms there and back to D1 and to objects: n = ${TURNS} each`,
  PATHS.map((path) => {
    const ours = now?.taken.get(path) ?? nothing;
    const theirs = before?.taken.get(path);
    return {
      path: path.name,
      ...(theirs !== undefined && columnsOf(theirs, "before")),
      ...columnsOf(ours, "now"),
      ...(theirs !== undefined && { "now to before": number(median(ours.eachMs) / median(theirs.eachMs)) }),
    };
  }),
);
printTable(
  "One after the other",
  PATHS.map((path) => ({
    path: path.name,
    ...(before !== undefined && { before: before.taken.get(path)?.chain.join(", ") ?? "" }),
    now: now?.taken.get(path)?.chain.join(", ") ?? "",
  })),
);

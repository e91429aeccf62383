/**
 * Policies: what judging one call by two hundred rules takes, of which the last matches, and making them ready. Beside it the same
 * conditions by another library of CEL. A Worker's clock stands still while it works: time is what a request takes from outside that
 * does it many times, less one that does it once.
 */
import { begin } from "../begin.ts";
import { send, sockets } from "../calls.ts";
import { bundle, startWorker, workerSource } from "../runtime.ts";
import { median, number, palindrome, printTable, quantile } from "../statistics.ts";

const PASSES = 10;
const RUNS = { judge: 500, compile: 10 };

interface Measured {
  name: string;
  what: keyof typeof RUNS;
  deciding: "first" | "third";
  engine: "judge" | "cel";
  us: number[];
}

begin();
const [judging, cel] = await Promise.all(["policy-judge.ts", "policy-cel.ts"].map((name) => bundle(workerSource(name))));
const workers = {
  judge: await startWorker([{ name: "worker.js", contents: judging ?? "" }]),
  cel: await startWorker([{ name: "worker.js", contents: cel ?? "" }]),
};
const pool = sockets();

async function msOf({ engine, what, deciding }: Measured, runs: number): Promise<number> {
  const startedMs = performance.now();
  const { status, text } = await send(pool, "GET", `${workers[engine].origin}/${what}?runs=${runs}&deciding=${deciding}`, {});
  if (status !== 200) throw new Error(text);
  return performance.now() - startedMs;
}

async function measure(one: Measured): Promise<void> {
  const runs = RUNS[one.what];
  const [once, many] = [await msOf(one, 1), await msOf(one, runs + 1)];
  one.us.push(((many - once) * 1_000) / runs);
}

const measured: Measured[] = (["judge", "cel"] as const).flatMap((engine) => {
  const name = engine === "judge" ? "this engine" : "@bufbuild/cel, conditions alone";
  return [
    { name, engine, what: "judge", deciding: "first", us: [] },
    { name, engine, what: "judge", deciding: "third", us: [] },
    { name, engine, what: "compile", deciding: "third", us: [] },
  ];
});

try {
  for (const one of measured) await measure({ ...one, us: [] });
  for (let pass = 0; pass < PASSES; pass++) for (const one of palindrome(measured)) await measure(one);
} finally {
  pool.destroy();
  await Promise.all(Object.values(workers).map((worker) => worker.stop()));
}

printTable(
  `Two hundred rules of three terms, the last matches, microseconds: n = ${2 * PASSES} each`,
  measured.map(({ name, what, deciding, us }) => ({
    "": name,
    what: what === "compile" ? "read and compile all" : `judge one call, the ${deciding} term decides`,
    p50: number(median(us)),
    p90: number(quantile(us, 0.9)),
  })),
);

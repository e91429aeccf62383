/**
 * The service of `npm start` under a steady load, killed (SIGKILL) every few minutes: whether anything that it told is lost or
 * doubled, and what becomes of its memory, its disk and the time of an ask. Arguments: `--minutes` (45), `--rate`, approvals a
 * second (2; the one session may do about nine), `--kill-every`, minutes (10), and `--most-mib`, what the runtime may take (1024).
 * Ends with 1, and leaves the state where it is, if it takes more, or anything is not as it was told.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Sample, soak, type Soaked } from "#test/support/soak/soak.ts";
import { begin, tell } from "../begin.ts";
import { median, number, printTable, quantile } from "../statistics.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "45" },
    rate: { type: "string", default: "2" },
    "kill-every": { type: "string", default: "10" },
    "most-mib": { type: "string", default: "1024" },
  },
});

/** Refuses what is no number above zero. */
function positive(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  console.error(`--${name} is a number above zero, not "${values[name]}"`);
  return process.exit(1);
}

const [MINUTES, RATE, KILL_EVERY, MOST_MIB] = [positive("minutes"), positive("rate"), positive("kill-every"), positive("most-mib")];
/** Rows of the table. */
const SAMPLES = 9;
/** Starting, catching up after the last kill, and looking at every receipt. */
const MOST_MINUTES = 2 * MINUTES + 15;
const KIB = 1_024;
const BLOCK = 512;

type Row = Record<string, string | number>;

/** p50 and p99 in milliseconds; nothing if nothing was asked. */
const askMs = (all: readonly number[]): Row =>
  all.length === 0 ? {} : { "ask p50 ms": number(median(all)), "p99 ms": number(quantile(all, 0.99)) };

const rowOf = ({ seconds, finished, kills, runtime, askMs: all }: Sample): Row => ({
  minute: number(seconds / 60),
  approvals: finished,
  kills,
  "runtime MiB": runtime === null ? "down" : number(runtime.memoryMib),
  "open files": runtime === null ? "" : runtime.openFiles,
  "ask p50 ms": "",
  "p99 ms": "",
  ...askMs(all),
});

/** What a folder takes on the disk, in bytes, and how many files are in it. */
function diskOf(folder: string): { bytes: number; files: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.map((entry) => statSync(join(entry.parentPath, entry.name)).blocks * BLOCK).reduce((sum, one) => sum + one, 0);
  return { bytes, files: files.length };
}

function summary({ samples, begun, finished, kills, startedAgainMs, broken, counted, stateDir }: Soaked): Row[] {
  const disk = diskOf(stateDir);
  const log = samples.map((sample) => sample.log);
  const each = (all: readonly number[]): string => number(all.reduce((sum, one) => sum + one, 0) / begun);
  return [
    { what: "approvals asked for, and finished", count: `${begun}, ${finished}` },
    { what: "kills, and calls that broke off by them", count: `${kills}, ${broken.byKill}` },
    { what: "calls that broke off otherwise, or were answered 503", count: `${broken.otherwise}, ${broken.unavailable}` },
    { what: "ready again after a kill, s (median)", count: kills === 0 ? "" : number(median(startedAgainMs) / 1_000) },
    { what: "approvals held against what was told", count: counted.held },
    { what: "redeemed under another key, and refused", count: counted.redeemedAgain },
    { what: "receipts verified offline", count: counted.receipts },
    { what: "leaves of approvals in the log", count: counted.leaves },
    { what: "on the disk, KiB an approval", count: number(disk.bytes / KIB / begun) },
    { what: "files, an approval", count: number(disk.files / begun) },
    { what: "log lines, an approval", count: each(log.map(({ lines }) => lines)) },
    { what: "of log lines, KiB an approval", count: each(log.map(({ bytes }) => bytes / KIB)) },
  ];
}

// The service is a process group of its own, which ends with an exit of this one and not with a signal to it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
begin(MOST_MINUTES);
const soaked = await soak({
  seconds: 60 * MINUTES,
  rate: RATE,
  killEverySeconds: 60 * KILL_EVERY,
  sampleEverySeconds: (60 * MINUTES) / SAMPLES,
  onSample: (sample) => tell(JSON.stringify(rowOf(sample))),
});
printTable(`${MINUTES} minutes at ${RATE} approvals a second`, soaked.samples.map(rowOf));
printTable("In the end", summary(soaked));
const memory = Math.max(...soaked.samples.map(({ runtime }) => runtime?.memoryMib ?? 0));
const findings = [...soaked.findings, ...(memory > MOST_MIB ? [`the runtime took ${number(memory)} MiB`] : [])];
for (const finding of findings) console.error(finding);
if (findings.length > 0) {
  console.error(`${findings.length} things are not as they have to be; the state is in ${soaked.stateDir}`);
  process.exit(1);
}
console.log("\nNothing was lost, and nothing doubled.");
rmSync(soaked.stateDir, { recursive: true });

/** `countersign monitor`: follows a log from its entries, and ends as soon as something is wrong with it. */
import { setTimeout as wait } from "node:timers/promises";
import { equal } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { LogRefused } from "../../sdk/log-client.ts";
import { parseVkey } from "../../tlog/note.ts";
import type { WitnessPolicy } from "../../tlog/witness-policy.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { holdLock } from "../files/hold-lock.ts";
import { logAddress } from "../log-address.ts";
import { checkHead, type HeadPorts } from "./check-head.ts";
import { TreeFollower } from "./follow-tree.ts";
import { MonitorState } from "./monitor-state.ts";
import { PatientClient } from "./patient-client.ts";
import { makeReport, type MonitorReport } from "./report.ts";
import { type Trouble, unanswered } from "./trouble.ts";
import { makeProgress } from "../progress.ts";
import { realName } from "../files/real-name.ts";
import { readPolicy } from "../verify/read-witness-policy.ts";
import { numberOf } from "../service.ts";

const INTERVAL_SECONDS = 60;
const PATIENCE_SECONDS = 300;
/** A year. */
const MOST_SECONDS = 31_536_000;
/** What may pass is looked at again after so long. */
const AGAIN_MS = 5_000;

const USAGE = `Usage: countersign monitor URL [options]

Follows the log at URL, such as https://gate.example.com/log, or of the service at URL. Of every new head it makes the whole
tree again from the log's entries, and compares every tile, the signed root, and what it has seen before. Ends as soon as
something is wrong.

Options:
  --vkey KEY           the log's verifier key; without it, the one is believed that is served first
  --policy FILE        witnesses that have to have cosigned each head (C2SP tlog-policy)
  --state FILE         how far it got; it goes on from there. Without it, it begins at the first entry
  --once               ends after one head in which everything fits
  --interval SECONDS   between one look and the next (${INTERVAL_SECONDS})
  --patience SECONDS   for how long it looks again at what may pass: no answer, an older head, missing cosignatures (${PATIENCE_SECONDS})
  --max-age SECONDS    for how long neither new leaves nor, with --policy, new cosignatures may come (for ever)
  --json               events as lines of JSON
  --help               this text

Evidence against the log is kept beside FILE, or in this folder: countersign evidence shows it to anybody.

Exit code: 0 everything fits, 1 something is wrong with the log, 2 unusable arguments or state, 3 the log does not answer.
`;

const OPTIONS = {
  vkey: { type: "string" },
  policy: { type: "string" },
  state: { type: "string" },
  once: { type: "boolean" },
  interval: { type: "string" },
  patience: { type: "string" },
  "max-age": { type: "string" },
  json: { type: "boolean" },
} as const;

interface Arguments {
  url: string;
  vkey: string | null;
  policy: WitnessPolicy | null;
  stateFile: string | null;
  once: boolean;
  intervalMs: number;
  patienceMs: number;
  maxAgeMs: number | null;
  json: boolean;
}

function readUrl(given: string | undefined): Result<string, string> {
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!isPlain || url.search !== "" || url.hash !== "") return refuse("name one log, such as https://gate.example.com/log");
  return accept(logAddress(url));
}

/** The key to begin with: the one that is given, or that of the only log in the policy. */
function readKey(given: string | undefined, policy: WitnessPolicy | null): Result<string | null, string> {
  const logs = policy?.logs ?? [];
  if (given === undefined) {
    if (logs.length > 1) return refuse("--vkey is missing: the policy lists several keys of logs");
    return accept(logs[0]?.vkey ?? null);
  }
  const key = parseVkey(given);
  if (!key.ok) return refuse(`--vkey: not a log's verifier key: ${given}`);
  const isListed = logs.length === 0 || logs.some((log) => equal(log.key.publicKey, key.value.publicKey));
  return isListed ? accept(given) : refuse("--vkey: the policy lists logs, and not this key");
}

/** The arguments, or what is wrong with them. */
async function readArguments(args: string[]): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const url = readUrl(positionals.length === 1 ? positionals[0] : undefined);
  if (!url.ok) return url;
  const policy = values.policy === undefined ? accept(null) : await readPolicy(values.policy);
  if (!policy.ok) return policy;
  const vkey = readKey(values.vkey, policy.value);
  if (!vkey.ok) return vkey;
  const interval = numberOf(values.interval, "--interval", { least: 1, most: MOST_SECONDS });
  const patience = numberOf(values.patience, "--patience", { least: 0, most: MOST_SECONDS });
  const maxAge = numberOf(values["max-age"], "--max-age", { least: 1, most: MOST_SECONDS });
  if (!interval.ok) return interval;
  if (!patience.ok) return patience;
  if (!maxAge.ok) return maxAge;
  return accept({
    url: url.value,
    vkey: vkey.value,
    policy: policy.value,
    stateFile: values.state ?? null,
    once: values.once ?? false,
    intervalMs: (interval.value ?? INTERVAL_SECONDS) * 1_000,
    patienceMs: (patience.value ?? PATIENCE_SECONDS) * 1_000,
    maxAgeMs: maxAge.value === undefined ? null : maxAge.value * 1_000,
    json: values.json ?? false,
  });
}

const exitCodeOf = ({ code }: Trouble): number => (code === "unreachable" ? 3 : code === "log_memory_unusable" ? 2 : 1);

/** Looks again and again, until something is wrong for longer than it may be, or, with `once`, until all fits. Gives the exit code. */
async function watch({ once, intervalMs, patienceMs }: Arguments, ports: HeadPorts, report: MonitorReport): Promise<number> {
  const { now, sleep } = ports;
  let troubledSince: number | null = null;
  for (;;) {
    const looked = await checkHead(ports);
    if (looked.ok) {
      report.verified(looked.value);
      if (once) return 0;
      troubledSince = null;
      await sleep(intervalMs);
      continue;
    }
    const trouble = looked.refusal;
    troubledSince ??= now();
    // What did not answer has been asked for that long already.
    const isOver = !trouble.mayPass || trouble.code === "unreachable" || now() - troubledSince >= patienceMs;
    if (isOver) {
      report.alarm(trouble);
      return exitCodeOf(trouble);
    }
    report.trouble(trouble);
    await sleep(Math.min(intervalMs, AGAIN_MS));
  }
}

async function monitorLog(given: Arguments, { print, tell, isTerminal }: Surroundings): Promise<Outcome> {
  const state = await MonitorState.open(given.stateFile, given.url);
  if (!state.ok) return { exitCode: 2, stderr: `countersign monitor: ${state.refusal}\n` };
  const now = () => Date.now();
  const ending = new AbortController();
  const sleep = (ms: number) => wait(ms, undefined, { signal: ending.signal }).catch(() => undefined);
  const progress = makeProgress(isTerminal ? tell : null);
  const printLine = (line: string) => {
    progress.clear();
    print(line);
  };
  const { vkey, policy, patienceMs, maxAgeMs, json } = given;
  const report = makeReport(printLine, { json, now });
  const onAgain = (refused: LogRefused) => report.trouble(unanswered(refused));
  const client = new PatientClient({ url: given.url }, { ms: patienceMs, now, sleep, ended: ending.signal, onAgain });
  const tree = new TreeFollower(client, (done, all) => progress.show(done, all, "new leaves"));
  const ports: HeadPorts = { client, state: state.value, tree, vkey, policy, maxAgeMs, now, sleep };
  const exitCode = await watch(given, ports, report);
  // Of what was asked for at once, some may still be under way.
  ending.abort();
  return { exitCode };
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const given = await readArguments(args);
  if (!given.ok) return unusable("monitor", given.refusal, USAGE);
  try {
    const named = given.value.stateFile;
    const stateFile = named === null ? null : await realName(named);
    const release = stateFile === null ? () => undefined : await holdLock(stateFile);
    if (release === null) return { exitCode: 2, stderr: `countersign monitor: another process uses ${stateFile}\n` };
    try {
      return await monitorLog({ ...given.value, stateFile }, surroundings);
    } finally {
      release();
    }
  } catch (error) {
    return { exitCode: 2, stderr: `countersign monitor: ${error instanceof Error ? error.message : String(error)}\n` };
  }
}

export const monitor: Command = { usage: USAGE, run };

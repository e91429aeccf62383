/** `countersign doctor`: a deployment checked from outside, end to end. Exit 0: no problem. 1: a problem. 2: unusable arguments. */
import { accept, refuse, type Result } from "../../result.ts";
import { parseVkey } from "../../tlog/note.ts";
import type { WitnessPolicy } from "../../tlog/witness-policy.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { logMemoryFile } from "../files/log-memory-file.ts";
import { makeProgress } from "../progress.ts";
import { documentOf } from "../people/call-service.ts";
import { readSession } from "../people/session-file.ts";
import { originOf } from "../service.ts";
import { readPolicy } from "../verify/read-witness-policy.ts";
import { asciiJson, visible } from "../visible.ts";
import { checkAgentKey } from "./agent-check.ts";
import type { Check, HowItIs } from "./check.ts";
import { lookAtLog } from "./log-checks.ts";
import { checkAsPerson, type ReadAsPerson } from "./person-checks.ts";
import { checkService } from "./service-checks.ts";

const USAGE = `Usage: countersign doctor [URL] [options]

Checks a deployment from outside, and says of each thing how it is and what to do: its address and certificate,
its health and the parts that are off, the clocks, what passkeys are bound to, its interface, the log with its key
and its witnesses, and an agent's key. With the session of an admin or auditor (countersign login) also settings,
alerts, channels and servers. Changes nothing there; the log is remembered here, as by every client.

Options:
  --vkey KEY                 the log's verifier key (COUNTERSIGN_LOG_VKEY)
  --policy FILE              witnesses that have to have cosigned the log (C2SP tlog-policy)
  --json                     what was found as JSON
  --help                     this text

Environment:
  COUNTERSIGN_URL            where the service is, if it is not given
  COUNTERSIGN_API_KEY        an agent's key, to see whether it is let in
  COUNTERSIGN_LOG_VKEY       the log's verifier key
  COUNTERSIGN_STATE          the folder that remembers what was seen of logs, and keeps the session
                             (~/.local/state/countersign)

Exit code: 0 no problem (a warning, or what is not known, is none), 1 a problem, 2 unusable arguments.
`;

const OPTIONS = { vkey: { type: "string" }, policy: { type: "string" }, json: { type: "boolean" } } as const;

interface Arguments {
  origin: string;
  vkey: string | null;
  policy: WitnessPolicy | null;
  json: boolean;
}

async function readArguments(args: string[], { environment }: Surroundings): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [given, ...surplus] = positionals;
  if (surplus.length > 0) return refuse("name one service");
  const origin = originOf(given === undefined ? environment : { COUNTERSIGN_URL: given });
  if (!origin.ok) return given === undefined ? origin : refuse("the address has to be such as https://gate.example.com");
  const vkey = values.vkey ?? environment["COUNTERSIGN_LOG_VKEY"] ?? null;
  if (vkey !== null && !parseVkey(vkey).ok) return refuse("the log's verifier key has to be such as gate.example.com/log+1a2b3c4d+AZ…");
  const policy = values.policy === undefined ? accept(null) : await readPolicy(values.policy);
  if (!policy.ok) return policy;
  return accept({ origin: origin.value, vkey, policy: policy.value, json: values.json ?? false });
}

/** How each state is printed, and whether it is a reason to end with 1. */
const WORDS: Readonly<Record<HowItIs, string>> = { ok: "ok", warning: "warning", problem: "PROBLEM", not_known: "not known" };

function describe(origin: string, checks: readonly Check[]): string {
  const lines = checks.flatMap(({ check, state, message, todo }) => [
    `${WORDS[state].padEnd(10)} ${check.padEnd(10)} ${visible(message)}`,
    ...(todo === null ? [] : [`${" ".repeat(22)}${visible(todo)}`]),
  ]);
  const counted = (state: HowItIs, one: string) => {
    const count = checks.filter((check) => check.state === state).length;
    return `${count} ${one}${count === 1 ? "" : "s"}`;
  };
  const unknown = checks.filter(({ state }) => state === "not_known").length;
  return `${[`Countersign at ${origin}`, "", ...lines].join("\n")}\n\n${counted("problem", "problem")}, ${counted("warning", "warning")}, ${unknown} not known.\n`;
}

/** With this command line's session there, if it has one. */
async function readerAt(origin: string, surroundings: Surroundings): Promise<ReadAsPerson | null> {
  const session = await readSession(origin, surroundings);
  if (!session.ok) return () => Promise.resolve(refuse(session.refusal));
  if (session.value === null) return null;
  const { key } = session.value;
  return async (path) => {
    const found = await documentOf({ origin, key, path });
    return found.ok ? found : refuse(`${found.refusal.message} (${found.refusal.code})`);
  };
}

/** Looks at everything in turn; what rests on what does not answer is left out. */
async function examine({ origin, vkey, policy }: Arguments, surroundings: Surroundings): Promise<Check[]> {
  const { environment, isTerminal, tell } = surroundings;
  const progress = makeProgress(isTerminal ? tell : null);
  const now = () => Date.now();
  try {
    progress.show(0, 4, "looked at");
    const service = await checkService(origin, now);
    if (!service.isThere) return service.checks;
    progress.show(1, 4, "looked at");
    const memory = logMemoryFile(surroundings);
    const log = await lookAtLog({ origin, memory, vkey, policy, witnesses: service.witnesses, now });
    progress.show(2, 4, "looked at");
    const agent = await checkAgentKey(origin, environment["COUNTERSIGN_API_KEY"]);
    progress.show(3, 4, "looked at");
    return [...service.checks, ...log, agent, ...(await checkAsPerson(await readerAt(origin, surroundings), now))];
  } finally {
    progress.clear();
  }
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const read = await readArguments(args, surroundings);
  if (!read.ok) return unusable("doctor", read.refusal, USAGE);
  const { origin, json } = read.value;
  const checks = await examine(read.value, surroundings);
  const isWell = checks.every(({ state }) => state !== "problem");
  return { exitCode: isWell ? 0 : 1, stdout: json ? asciiJson({ url: origin, ok: isWell, checks }) : describe(origin, checks) };
}

export const doctorCommand: Command = { usage: USAGE, run };

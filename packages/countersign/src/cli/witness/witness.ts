/** `countersign witness`: cosigns the checkpoints of logs that it has seen to be append-only (C2SP tlog-witness), until it is stopped. */
import { accept, refuse, type Result } from "../../result.ts";
import { makeWitnessVkey } from "../../tlog/cosignature.ts";
import { equal } from "../../encoding/bytes.ts";
import { parseVkey, type VerifierKey } from "../../tlog/note.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { holdLock } from "../files/hold-lock.ts";
import { realName } from "../files/real-name.ts";
import { type OpenWitness, openWitness } from "./open-witness.ts";
import { numberOf } from "../service.ts";
import { keepEvidence } from "./witness-files.ts";
import { serveWitness, type WitnessLogLine } from "./witness-server.ts";

const USAGE = `Usage: countersign witness --name NAME --log VKEY --state FILE [options]

Runs a witness: an HTTP server to which logs send their checkpoints (C2SP tlog-witness). It cosigns one if it extends,
leaf by leaf, the one that it cosigned last. Stop it with SIGINT or SIGTERM.
  --name NAME     of its key: an address of yours, such as witness.example.com/w1
  --log VKEY      verifier key of a log to watch; may be given several times, also for several keys of one log
  --state FILE    what it has cosigned; made at the first start. Never put an older one in its place, never copy it to another machine

Options:
  --key FILE      its key, made at the first start (STATE.key); 32 bytes in base64, readable by its owner only
  --new-state     the key in FILE has never cosigned anything, so that it may have no state
  --host ADDRESS  where it listens (127.0.0.1)
  --port NUMBER   (8790)
  --url URL       the address that logs reach it under, if that is another; its path comes before /add-checkpoint
  --help          this text

Prints its verifier key and its line for a witness policy, then a line of JSON for each request on standard error.
What proves that a log has signed two histories is kept beside the state, for countersign evidence.
Exit code: 0 stopped, 1 could not start, 2 unusable arguments.
`;

const OPTIONS = {
  name: { type: "string" },
  log: { type: "string", multiple: true },
  state: { type: "string" },
  key: { type: "string" },
  "new-state": { type: "boolean" },
  host: { type: "string" },
  port: { type: "string" },
  url: { type: "string" },
} as const;

const DEFAULT_PORT = 8790;
/** One signature of the 16 of a note is the witness's own. */
const MAX_KEYS_OF_A_LOG = 15;

interface Arguments {
  name: string;
  logKeys: VerifierKey[];
  stateFile: string;
  keyFile: string;
  isNew: boolean;
  host: string;
  port: number;
  /** Without a slash at its end; null for the address where it listens. */
  url: string | null;
}

function readLogKeys(vkeys: readonly string[]): Result<VerifierKey[], string> {
  const keys: VerifierKey[] = [];
  for (const vkey of vkeys) {
    const key = parseVkey(vkey);
    if (!key.ok) return refuse(`--log: not a log's verifier key: ${vkey}`);
    if (keys.some(({ publicKey }) => equal(publicKey, key.value.publicKey))) return refuse(`--log: the same key twice: ${vkey}`);
    keys.push(key.value);
  }
  for (const { name } of keys) {
    if (keys.filter((key) => key.name === name).length > MAX_KEYS_OF_A_LOG) return refuse(`--log: too many keys of ${name}`);
  }
  return keys.length > 0 ? accept(keys) : refuse("--log is missing");
}

function readUrl(given: string): Result<string, string> {
  const url = URL.canParse(given) ? new URL(given) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && given.replace(/\/$/, "") === url.href.replace(/\/$/, "");
  const isPrefix = isPlain && url.search === "" && url.hash === "" && url.username === "" && url.password === "";
  return isPrefix ? accept(given.replace(/\/$/, "")) : refuse("--url is an address such as https://witness.example.com");
}

/** Whether it can be the name of a key. */
function isName(name: string): boolean {
  try {
    makeWitnessVkey(name, new Uint8Array(32));
    return true;
  } catch {
    return false;
  }
}

/** The arguments, or what is wrong with them. */
function readArguments(args: string[]): Result<Arguments, string> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const { name, state } = values;
  if (positionals.length > 0) return refuse(`not an option: ${positionals[0]}`);
  if (name === undefined || !isName(name)) return refuse("--name is missing, empty, or has a space or a plus in it");
  if (state === undefined || state === "") return refuse("--state is missing");
  const logKeys = readLogKeys(values.log ?? []);
  if (!logKeys.ok) return logKeys;
  const port = numberOf(values.port, "--port", { least: 0, most: 65_535 });
  if (!port.ok) return port;
  const url = values.url === undefined ? accept(null) : readUrl(values.url);
  if (!url.ok) return url;
  return accept({
    name,
    logKeys: logKeys.value,
    stateFile: state,
    keyFile: values.key ?? `${state}.key`,
    isNew: values["new-state"] ?? false,
    host: values.host ?? "127.0.0.1",
    port: port.value ?? DEFAULT_PORT,
    url: url.value,
  });
}

async function serveUntilStopped(
  { name, logKeys, stateFile, host, port, url }: Arguments,
  { cosigner, vkey, ledger }: OpenWitness,
  { print, tell }: Surroundings,
): Promise<Outcome> {
  const stopped = new Promise<void>((resolve) => {
    // Not just once: at a terminal the same signal comes from several sides.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve());
  });
  const tellLine = (line: object) => tell(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
  const { address, stop } = await serveWitness(
    {
      logKeys,
      cosigner,
      memory: ledger,
      now: () => Math.floor(Date.now() / 1000),
      prefix: url === null ? "" : new URL(url).pathname.replace(/\/$/, ""),
      keepEvidence: async (origin, evidence) => await keepEvidence(stateFile, origin, evidence),
      log: (line: WitnessLogLine) => tellLine(line),
    },
    { host, port },
  );
  const watched = [...new Set(logKeys.map((key) => key.name))].map(
    (origin) => `  ${origin}, at size ${ledger.latest(origin)?.size ?? 0}\n`,
  );
  print(
    `The witness is ready at ${address}\nIt watches\n${watched.join("")}` +
      `Its verifier key:\n  ${vkey}\nIts line for a witness policy:\n  witness ${name} ${vkey} ${url ?? address}\n`,
  );
  await stopped;
  await stop();
  tellLine({ event: "stopped" });
  return { exitCode: 0 };
}

/** In words, what the system says when nothing can listen there. */
function listeningTrouble(error: unknown, { host, port }: Arguments): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EADDRINUSE") return `port ${port} is taken by another program; choose another with --port`;
  if (code === "EADDRNOTAVAIL") return `${host} is not an address of this machine; --host is one where it can listen`;
  return error instanceof Error ? error.message : String(error);
}

const cannotStart = (why: string): Outcome => ({ exitCode: 1, stderr: `countersign witness: ${why}\n` });

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const read = readArguments(args);
  if (!read.ok) return unusable("witness", read.refusal, USAGE);
  const { name, logKeys, isNew } = read.value;
  try {
    const [stateFile, keyFile] = [await realName(read.value.stateFile), await realName(read.value.keyFile)];
    const release = await holdLock(stateFile);
    if (release === null) return cannotStart(`another process uses ${stateFile}`);
    try {
      const witness = await openWitness({ stateFile, keyFile }, name, isNew);
      if (!witness.ok) return cannotStart(witness.refusal);
      const { cosigner } = witness.value;
      if (logKeys.some(({ publicKey }) => equal(publicKey, cosigner.publicKey))) return cannotStart("a log must not be its own witness");
      return await serveUntilStopped({ ...read.value, stateFile }, witness.value, surroundings);
    } finally {
      release();
    }
  } catch (error) {
    return cannotStart(listeningTrouble(error, read.value));
  }
}

export const witness: Command = { usage: USAGE, run };

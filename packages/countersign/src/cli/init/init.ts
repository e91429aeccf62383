/** `countersign init`: a project's folder made ready for a gate. Exit 0: ready. 1: not, and why. 2: unusable arguments. */
import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isApiKey } from "../../documents/api-key.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { LogClient } from "../../sdk/log-client.ts";
import { rememberCheckpoint } from "../../sdk/remember-checkpoint.ts";
import { parseVkey } from "../../tlog/note.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { checkService } from "../doctor/service-checks.ts";
import { logMemoryFile } from "../files/log-memory-file.ts";
import { complaintOf, hasPlainFile } from "../files/plain-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import { originOf } from "../service.ts";
import { isShellPlain } from "../shell-plain.ts";
import { asciiJson, visible } from "../visible.ts";
import { CLIENT_FILES, type ClientFile, withGate } from "./client-files.ts";
import { instructionBlock, withInstructions } from "./instruction-block.ts";
import { isKeptFromGit, withVariables } from "./variables-file.ts";

const USAGE = `Usage: countersign init [options]

Makes this folder ready for agents that ask a gate: sees that one answers, learns its log's key, and prints the
variables, what an MCP client reads, and what agents are told. Asks nothing. Doing it again changes nothing more.

Options:
  --url URL                  where the gate is (COUNTERSIGN_URL)
  --client NAME              claude-code (if left out), cursor or vscode; may be given several times
  --name NAME                what the client calls the gate (countersign)
  --write                    writes the clients' files, and what agents are told into AGENTS.md, instead of printing
                             them; whatever else is in these files stays
  --instructions FILE        with --write: another file than AGENTS.md, such as CLAUDE.md
  --env FILE                 writes the variables to FILE, for you alone (0600); the key of COUNTERSIGN_API_KEY
                             with them only if git ignores FILE
  --json                     what was found and written as JSON
  --help                     this text

Environment:
  COUNTERSIGN_URL            where the gate is, such as https://gate.example.com
  COUNTERSIGN_LOG_VKEY       the log's verifier key, if you have it: the gate's log has to be signed with it
  COUNTERSIGN_API_KEY        the agent's key, for --env
  COUNTERSIGN_STATE          the folder that remembers what was seen of logs

Exit code: 0 ready, 1 no gate answers, its log is another, or a file cannot be changed, 2 unusable arguments.
`;

const OPTIONS = {
  url: { type: "string" },
  client: { type: "string", multiple: true },
  name: { type: "string" },
  write: { type: "boolean" },
  instructions: { type: "string" },
  env: { type: "string" },
  json: { type: "boolean" },
} as const;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const AGENTS_FILE = "AGENTS.md";
const READABLE = 0o644;

interface Arguments {
  origin: string;
  clients: [name: string, client: ClientFile][];
  name: string;
  write: boolean;
  instructionsFile: string;
  envFile: string | null;
  vkey: string | undefined;
  apiKey: string;
  json: boolean;
}

function readArguments(args: string[], { environment }: Surroundings): Result<Arguments, string> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (positionals.length > 0) return refuse("every word has to belong to an option");
  const origin = originOf(values.url === undefined ? environment : { COUNTERSIGN_URL: values.url });
  if (!origin.ok || !isShellPlain(origin.value))
    return refuse("--url, or COUNTERSIGN_URL, has to be the gate's address, such as https://gate.example.com");
  const names = [...new Set(values.client ?? ["claude-code"])];
  const clients = names.flatMap((name): [string, ClientFile][] => {
    const client = Object.hasOwn(CLIENT_FILES, name) ? CLIENT_FILES[name] : undefined;
    return client === undefined ? [] : [[name, client]];
  });
  if (clients.length < names.length) return refuse(`--client is one of ${Object.keys(CLIENT_FILES).join(", ")}`);
  const name = values.name ?? "countersign";
  if (!NAME.test(name)) return refuse("--name is letters, digits, - and _, beginning with a letter");
  if (values.instructions !== undefined && values.write !== true) return refuse("--instructions belongs to --write");
  const vkey = environment["COUNTERSIGN_LOG_VKEY"] || undefined;
  if (vkey !== undefined && !parseVkey(vkey).ok) return refuse("COUNTERSIGN_LOG_VKEY is no log's verifier key");
  const apiKey = environment["COUNTERSIGN_API_KEY"] ?? "";
  if (apiKey !== "" && !isApiKey(apiKey)) return refuse("COUNTERSIGN_API_KEY has to be an agent's key, csk_… as it was shown once");
  const files = { instructionsFile: values.instructions ?? AGENTS_FILE, envFile: values.env ?? null };
  return accept({ origin: origin.value, clients, name, write: values.write ?? false, ...files, vkey, apiKey, json: values.json ?? false });
}

/** The log's key, once the gate answers and its log is the one that is known, if one is. */
async function learnKey({ origin, vkey }: Arguments, surroundings: Surroundings): Promise<Result<string, string>> {
  const { checks, isThere } = await checkService(origin, Date.now);
  const [address] = checks;
  if (!isThere) return refuse(`${address?.message ?? ""} ${address?.todo ?? ""}`);
  const client = new LogClient({ url: `${origin}/log` });
  const note = await client.checkpoint();
  if (!note.ok) return refuse(`${note.refusal.message} countersign doctor says more.`);
  const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));
  const watch = { client, memory: logMemoryFile(surroundings), sleep, ...(vkey !== undefined && { vkey }) };
  const remembered = await rememberCheckpoint(note.value, watch);
  if (!remembered.ok) return refuse(`${remembered.refusal.message} (${remembered.refusal.code})`);
  const learned = remembered.value.vkey;
  return isShellPlain(learned) ? accept(learned) : refuse(`the log's key ${learned} has a name that must not go into a shell`);
}

interface Written {
  file: string;
  /** Whether something is otherwise than before. */
  changed: boolean;
}

/** Changes a file of the project, which others may read as they could before; nothing is written if nothing changes. */
async function change(
  file: string,
  make: (content: string | null) => Result<string, string>,
  mode = READABLE,
): Promise<Result<Written, string>> {
  try {
    const before = hasPlainFile(file) ? readFileSync(file, "utf8") : null;
    const after = make(before);
    if (!after.ok) return refuse(`${file}: ${after.refusal}`);
    if (after.value === before) return accept({ file, changed: false });
    const kept = before === null || mode !== READABLE ? mode : statSync(file).mode & 0o777;
    if (dirname(file) !== ".") mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    await replaceFile(file, after.value);
    chmodSync(file, kept);
    return accept({ file, changed: true });
  } catch (error) {
    return refuse(`${file}: ${complaintOf(error)}`);
  }
}

async function writeFiles(given: Arguments, variables: Record<string, string>): Promise<Result<Written[], string>> {
  const { origin, name, clients, write, instructionsFile, envFile } = given;
  const instructions = (content: string | null): Result<string, string> => {
    const after = withInstructions(content);
    return after === null ? refuse("the marks of what Countersign wrote there do not fit: remove them") : accept(after);
  };
  const steps = [
    ...(write
      ? clients.map(
          ([, client]) =>
            () =>
              change(client.file, (content) => withGate(content, origin, name, client)),
        )
      : []),
    ...(write ? [() => change(instructionsFile, instructions)] : []),
    ...(envFile === null ? [] : [() => change(envFile, (content) => accept(withVariables(content ?? "", variables)), 0o600)]),
  ];
  const written: Written[] = [];
  for (const step of steps) {
    const one = await step();
    if (!one.ok) return one;
    written.push(one.value);
  }
  return accept(written);
}

function describe(
  { origin, name, clients, write, vkey, envFile }: Arguments,
  signer: string,
  written: readonly Written[],
  hidden: boolean,
): string {
  const files = written.map(({ file, changed }) => `${changed ? "Written:  " : "As it was:"} ${visible(file)}`);
  const shown = clients.flatMap(([, client]) => {
    const content = withGate(null, origin, name, client);
    return content.ok ? [`${client.file}:`, content.value] : [];
  });
  return [
    `A Countersign answers at ${origin}.`,
    vkey === undefined
      ? `Its log is signed with ${visible(signer)}. Compare that with what its operator publishes elsewhere.`
      : "Its log is signed with the key that you know.",
    "",
    ...files,
    ...(hidden
      ? [`The key was not written: git does not ignore ${visible(envFile ?? "")}. Keep it in your environment, or ignore that file.`]
      : []),
    ...(envFile === null
      ? [
          `export COUNTERSIGN_URL='${origin}'`,
          `export COUNTERSIGN_LOG_VKEY='${visible(signer)}'`,
          "export COUNTERSIGN_API_KEY=…    # the agent's key, which was shown once",
          "",
        ]
      : []),
    ...(write ? [] : [...shown, "AGENTS.md, CLAUDE.md or the like:", instructionBlock(), "With --write this goes into these files."]),
    "Then: countersign doctor",
    "",
  ].join("\n");
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const read = readArguments(args, surroundings);
  if (!read.ok) return unusable("init", read.refusal, USAGE);
  const given = read.value;
  const { origin, envFile, apiKey, json, clients } = given;
  const failed = (message: string): Outcome => ({ exitCode: 1, stderr: `countersign init: ${visible(message)}\n` });
  const learned = await learnKey(given, surroundings);
  if (!learned.ok) return failed(learned.refusal);
  const hidden = envFile !== null && apiKey !== "" && !isKeptFromGit(envFile);
  const variables = { COUNTERSIGN_URL: origin, COUNTERSIGN_LOG_VKEY: learned.value };
  const withKey = envFile !== null && apiKey !== "" && !hidden ? { ...variables, COUNTERSIGN_API_KEY: apiKey } : variables;
  const written = await writeFiles(given, withKey);
  if (!written.ok) return failed(written.refusal);
  if (!json) return { exitCode: 0, stdout: describe(given, learned.value, written.value, hidden) };
  const document = {
    url: origin,
    log_vkey: learned.value,
    log_key_given: given.vkey !== undefined,
    clients: clients.map(([name]) => name),
  };
  return { exitCode: 0, stdout: asciiJson({ ...document, files: written.value, key_written: "COUNTERSIGN_API_KEY" in withKey }) };
}

export const initProjectCommand: Command = { usage: USAGE, run };

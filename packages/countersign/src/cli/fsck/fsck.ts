/** `countersign fsck`: a deployment's whole log, made again from its leaves. Exit 0: sound. 1: not. 2: unusable arguments. */
import { resolve } from "node:path";
import { accept, refuse, type Result } from "../../result.ts";
import { LogClient } from "../../sdk/log-client.ts";
import { makeVkey } from "../../tlog/note.ts";
import { type Command, fileTrouble, type Outcome, parseStrictly, readText, type Surroundings, unusable } from "../command.ts";
import { checkDatabase, type SoundDatabase } from "./check-database.ts";
import type { Finding } from "./check-leaf.ts";
import type { SoundLog } from "./check-log.ts";
import type { Database } from "./database.ts";
import { readSignedCheckpoint, type SignedCheckpoint } from "./signed-checkpoint.ts";
import { openFile } from "./sqlite-database.ts";
import { localDatabase, remoteDatabase } from "./wrangler-database.ts";
import { logAddress } from "../log-address.ts";
import { makeProgress } from "../progress.ts";
import { asciiJson, visible } from "../visible.ts";

const USAGE = `Usage: countersign fsck (FILE | --local | --remote) [options]

Rebuilds the whole log of a deployment from its leaves and compares everything with it: records and salts, keys, tiles, heads,
and the leaves that passkeys and agents name. Changes nothing. Names the first place that is not as it must be.
  FILE                       an SQLite database, or what wrangler d1 export has written
  --local                    the service of this checkout on this machine
  --remote                   the deployment that was made from this checkout, through wrangler

Options:
  --state-dir DIR            with --local: where the service keeps its state (STATE_DIR, or .wrangler/state)
  --config FILE              with --remote: the deployment's configuration of wrangler (wrangler.deploy.json)
  --checkpoint FILE|URL      a signed checkpoint that the log must contain; of the log at a URL such as
                             https://gate.example.com/log, or of the service there, the newest
  --json                     the outcome as JSON
  --help                     this text

Exit code: 0 sound, 1 not sound, 2 unusable arguments or an unreadable database.
`;

const OPTIONS = {
  local: { type: "boolean" },
  remote: { type: "boolean" },
  "state-dir": { type: "string" },
  config: { type: "string" },
  checkpoint: { type: "string" },
  json: { type: "boolean" },
} as const;

/** The checkpoint in a file or at a log. */
async function readCheckpoint(place: string | undefined): Promise<Result<SignedCheckpoint | null, string>> {
  if (place === undefined) return accept(null);
  const url = /^https?:\/\//.test(place) && URL.canParse(place) ? new URL(place) : null;
  const given = url === null ? await readText(place) : await new LogClient({ url: logAddress(url) }).checkpoint();
  if (!given.ok) return refuse(typeof given.refusal === "string" ? given.refusal : given.refusal.message);
  const checkpoint = readSignedCheckpoint(given.value ?? "");
  return checkpoint === null ? refuse(`${place} is no signed checkpoint`) : accept(checkpoint);
}

/** Where the database is. */
type Place = { file: string } | { stateDir: string } | { config: string | undefined };

const openDatabase = async (place: Place): Promise<Database> => {
  if ("file" in place) return await openFile(place.file);
  return "stateDir" in place ? localDatabase(place.stateDir) : remoteDatabase(place.config);
};

const fingerprint = ({ keys }: SoundLog): string => keys.map(({ name, keyId }) => `${name}+${keyId}`).join(", ");

/** Why records are not there, where a database notes it. */
function reasons({ erased, erasedOtherwise }: SoundLog): string {
  if (erasedOtherwise === 0) return erased === 0 ? "" : ": each is withheld for a person’s erasure";
  const others = `${erasedOtherwise.toLocaleString("en")} as a public reveal taken back, or before reasons were noted`;
  return erased === erasedOtherwise ? `: ${others}` : `: ${others}, the others for a person’s erasure`;
}

function describe({ logs, withStanding, notesWithheld }: SoundDatabase): string {
  const counted = (count: number) => count.toLocaleString("en");
  const countOf = (count: number, noun: string) => `${counted(count)} ${noun}${count === 1 ? "" : "s"}`;
  const lines = logs.flatMap((log) => [
    `Sound: ${visible(log.origin)}${log.state === "active" ? "" : ` (${visible(log.state)})`}`,
    `  Leaves     ${counted(log.size)}, of which ${counted(log.erased)} are erased${notesWithheld ? reasons(log) : ""}`,
    `  Made again ${countOf(log.tiles, "tile")}, ${countOf(log.heads, "head")}`,
    `  Root       ${log.root}`,
    `  Key        ${visible(fingerprint(log))}`,
  ]);
  const rest = withStanding
    ? "Every passkey, agent, policy, channel, server, connector, pattern and grant is let in by its leaf."
    : "Passkeys and agents are not in this file, and were not checked.";
  return `${[...lines, logs.length === 0 ? "No log has begun in this database." : rest].join("\n")}\n`;
}

const soundDocument = ({ logs, withStanding }: SoundDatabase) => ({
  sound: true,
  logs: logs.map(({ origin, state, size, root, heads, tiles, erased, keys }) => ({
    origin,
    state,
    size,
    root,
    heads,
    tiles,
    erased,
    keys: keys.map(({ name, publicKey }) => makeVkey(name, publicKey)),
  })),
  passkeys_and_agents: withStanding,
});

/** What is checked, or what is wrong with the arguments. */
function readPlace(
  files: string[],
  { local = false, remote = false, ...values }: { local?: boolean; remote?: boolean; "state-dir"?: string; config?: string },
  { environment }: Surroundings,
): Result<Place, string> {
  const [file] = files;
  if (files.length + Number(local) + Number(remote) !== 1) return refuse("name one file, or --local, or --remote");
  if (values["state-dir"] !== undefined && !local) return refuse("--state-dir belongs to --local");
  if (values.config !== undefined && !remote) return refuse("--config belongs to --remote");
  if (file !== undefined) return accept({ file });
  // What npm start is told is in view of this checkout; what this command is told, of where it is run.
  const given = values["state-dir"] === undefined ? undefined : resolve(values["state-dir"]);
  const stateDir = given ?? environment["STATE_DIR"] ?? ".wrangler/state";
  return accept(local ? { stateDir } : { config: values.config });
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("fsck", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const place = readPlace(positionals, values, surroundings);
  if (!place.ok) return unusable("fsck", place.refusal, USAGE);
  const checkpoint = await readCheckpoint(values.checkpoint);
  if (!checkpoint.ok) return unusable("fsck", checkpoint.refusal, USAGE);

  const progress = makeProgress(surroundings.isTerminal ? surroundings.tell : null);
  let checked: Result<SoundDatabase, Finding>;
  try {
    const database = await openDatabase(place.value);
    try {
      const onProgress = (done: number, all: number) => progress.show(done, all, "leaves");
      checked = await checkDatabase(database, { checkpoint: checkpoint.value, onProgress });
    } finally {
      progress.clear();
      database.close();
    }
  } catch (error) {
    return { exitCode: 2, stderr: `countersign fsck: cannot read it: ${fileTrouble(error)}\n` };
  }
  return outcomeOf(checked, values.json ?? false);
}

function outcomeOf(checked: Result<SoundDatabase, Finding>, json: boolean): Outcome {
  if (checked.ok) return { exitCode: 0, stdout: json ? asciiJson(soundDocument(checked.value)) : describe(checked.value) };
  const { place, message } = checked.refusal;
  const sentence = `Not sound: ${visible(place)}: ${visible(message)}.\n`;
  return { exitCode: 1, stdout: json ? asciiJson({ sound: false, place, message }) : sentence };
}

export const fsck: Command = { usage: USAGE, run };

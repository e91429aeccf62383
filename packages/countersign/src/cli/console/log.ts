/** `countersign log`: the public log, as anybody reads it: its newest checkpoint, and its leaves. Nothing of it is verified here. */
import { hex } from "../../encoding/bytes.ts";
import { type LogRefused, LogClient } from "../../sdk/log-client.ts";
import { parseCheckpoint } from "../../tlog/checkpoint.ts";
import { parseNote } from "../../tlog/note.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { numberOf, originOf } from "../service.ts";
import { asciiJson, visible } from "../visible.ts";

const USAGE = `Usage: countersign log checkpoint [--json] | entries [options]

Prints the newest checkpoint of the service's log as it is served, or leaves of it. Anybody may read them, so it
takes no session. It verifies nothing: countersign monitor does, and countersign verify of a receipt.

Options of entries:
  --from INDEX               the first (the newest 50, if it is left out)
  --limit N                  how many, at most 10,000 (50)
  --json                     as JSON
  --help                     this text

Environment:
  COUNTERSIGN_URL            where the service is, such as https://gate.example.com

Exit code: 0 done, 1 no usable answer, 2 unusable arguments.
`;

const OPTIONS = { json: { type: "boolean" }, from: { type: "string" }, limit: { type: "string" } } as const;
const USUAL = 50;
const MOST = 10_000;
const FURTHEST = 999_999_999;
const TILE = 256;

const failed = ({ code, message }: LogRefused): Outcome => ({ exitCode: 1, stderr: `countersign: ${visible(message)} (${code})\n` });
const unreadable = (): Outcome => failed({ code: "malformed", message: "What the log answers is no checkpoint." });

async function run([part = "", ...args]: string[], { environment }: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("log", parsed.refusal, USAGE);
  const { json = false, from: first, limit: count } = parsed.value.values;
  if (!["checkpoint", "entries"].includes(part) || parsed.value.positionals.length > 0) {
    return unusable("log", "name one of checkpoint, entries", USAGE);
  }
  const from = numberOf(first, "--from", { least: 0, most: FURTHEST });
  const limit = numberOf(count, "--limit", { least: 1, most: MOST });
  if (!from.ok) return unusable("log", from.refusal, USAGE);
  if (!limit.ok) return unusable("log", limit.refusal, USAGE);
  const origin = originOf(environment);
  if (!origin.ok) return unusable("log", origin.refusal, USAGE);
  const client = new LogClient({ url: `${origin.value}/log` });
  const note = await client.checkpoint();
  if (!note.ok) return failed(note.refusal);
  const parsedNote = parseNote(note.value);
  const head = parsedNote.ok ? parseCheckpoint(parsedNote.value.text) : null;
  if (head === null || !head.ok) return unreadable();
  const { origin: log, size, root } = head.value;
  if (part === "entries") return await entries(client, { size, from: from.value, limit: limit.value ?? USUAL, json });
  if (json) return { exitCode: 0, stdout: asciiJson({ origin: log, size, root: hex(root), note: note.value }) };
  return { exitCode: 0, stdout: `${note.value.trimEnd().split("\n").map(visible).join("\n")}\n` };
}

async function entries(
  client: LogClient,
  { size, from, limit, json }: { size: number; from: number | undefined; limit: number; json: boolean },
): Promise<Outcome> {
  const begin = from ?? Math.max(0, size - limit);
  const end = Math.min(size, begin + limit);
  const items: { index: number; entry: string }[] = [];
  for (let n = Math.floor(begin / TILE); n * TILE < end; n++) {
    const found = await client.entries(n, Math.min(TILE, size - n * TILE));
    if (!found.ok) return failed(found.refusal);
    items.push(...found.value.map((entry, i) => ({ index: n * TILE + i, entry: hex(entry) })));
  }
  const wanted = items.filter(({ index }) => index >= begin && index < end);
  if (json) return { exitCode: 0, stdout: asciiJson({ size, items: wanted }) };
  return { exitCode: 0, stdout: wanted.map(({ index, entry }) => `${index} ${entry}\n`).join("") };
}

export const logCommand: Command = { usage: USAGE, run };

/** `countersign evidence`: what a log is accused of, checked offline. Exit 0: proven. 1: readable, but not proven. 2: unusable arguments. */
import { hex } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { type Contradiction, verifyEvidence } from "../../tlog/evidence.ts";
import { parseVkey, type VerifierKey } from "../../tlog/note.ts";
import { type Command, type Outcome, parseStrictly, readText, unusable } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";

const USAGE = `Usage: countersign evidence FILE --vkey KEY [options]

Tells, offline, whether the file proves that a log has signed two checkpoints that cannot both be of
one append-only log:
  --vkey KEY                 the log's verifier key; may be given several times, and one key has to have
                             signed both

Options:
  --json                     the result as JSON
  --help                     this text

Exit code: 0 proven, 1 not proven, 2 unusable arguments.
`;

const OPTIONS = { vkey: { type: "string", multiple: true }, json: { type: "boolean" } } as const;

interface Arguments {
  file: string;
  keys: VerifierKey[];
  json: boolean;
}

/** The arguments, or what is wrong with them. */
function readArguments(args: string[]): Result<Arguments, string> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [file, ...surplus] = positionals;
  if (file === undefined || surplus.length > 0) return refuse("name one file");
  if (values.vkey === undefined) return refuse("--vkey is missing");
  const keys: VerifierKey[] = [];
  for (const vkey of values.vkey) {
    const key = parseVkey(vkey);
    if (!key.ok) return refuse("the log key is not an Ed25519 verifier key such as gate.example.com/log+1a2b3c4d+AZ…");
    keys.push(key.value);
  }
  return accept({ file, keys, json: values.json ?? false });
}

function describe({ key, smaller, larger, root }: Contradiction): string {
  const line = (size: number, what: string, value: Uint8Array) => `  ${String(size).padStart(16)} leaves  ${hex(value)}  ${what}\n`;
  return (
    `Proven: the log ${visible(key.name)} has signed two checkpoints that contradict each other.\n\n` +
    line(smaller.size, "as the one says", smaller.root) +
    line(smaller.size, "as the other has it", root) +
    (larger.size === smaller.size ? "" : line(larger.size, "its root", larger.root)) +
    `\nBoth are signed with the key ${key.keyId}.\n`
  );
}

const document = ({ key, smaller, larger, root }: Contradiction) => ({
  proven: true,
  log: key.name,
  key_id: key.keyId,
  smaller: { size: smaller.size, root: hex(smaller.root) },
  larger: { size: larger.size, root: hex(larger.root) },
  root_in_larger: hex(root),
});

async function run(args: string[]): Promise<Outcome> {
  const read = readArguments(args);
  if (!read.ok) return unusable("evidence", read.refusal, USAGE);
  const { file, keys, json } = read.value;
  const content = await readText(file);
  if (!content.ok) return unusable("evidence", content.refusal, USAGE);

  const judged = await verifyEvidence(content.value ?? "", keys);
  if (judged.ok) return { exitCode: 0, stdout: json ? asciiJson(document(judged.value)) : describe(judged.value) };
  const { code, message } = judged.refusal;
  return { exitCode: 1, stdout: json ? asciiJson({ proven: false, code, message }) : `Not proven: ${code}\n${visible(message)}\n` };
}

export const evidence: Command = { usage: USAGE, run };

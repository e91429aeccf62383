/** The two files of a witness: its key, which is made once, and what it has cosigned, which must never be lost or go back. */
import { b64, type Bytes, fromB64, fromUtf8, hex, sha256, utf8 } from "../../encoding/bytes.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fit, list, object, oneOf, text } from "../../json/shape.ts";
import { parseCheckpoint } from "../../tlog/checkpoint.ts";
import { parseNote } from "../../tlog/note.ts";
import type { Cosigned } from "../../tlog/witness.ts";
import type { CosignedTrees } from "../../tlog/witness-ledger.ts";
import { hasPlainFile, readPlainFile } from "../files/plain-file.ts";
import { replaceFile } from "../files/replace-file.ts";

const STATE_TYPE = "countersign/witness-state@v1";
const SEED_BYTES = 32;
/** Of a file: checkpoints of a hundred thousand logs. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

const stateShape = object({ type: oneOf(STATE_TYPE), vkey: text(1), checkpoints: list(text(1)) });

/** The state as it is kept: one line of JSON, and the SHA-256 of that line. */
function formatState(vkey: string, trees: CosignedTrees): string {
  const checkpoints = [...trees.values()].map(({ checkpoint }) => checkpoint);
  const line = `${JSON.stringify({ type: STATE_TYPE, vkey, checkpoints })}\n`;
  return `${line}${hex(sha256(utf8(line)))}\n`;
}

function readTree(checkpoint: string): [origin: string, tree: Cosigned] | null {
  const note = parseNote(checkpoint);
  const read = note.ok ? parseCheckpoint(note.value.text) : note;
  return read.ok ? [read.value.origin, { size: read.value.size, root: read.value.root, checkpoint }] : null;
}

/** Reads what formatState wrote, and nothing that is a byte different from it. */
function parseState(content: string): Result<{ vkey: string; trees: CosignedTrees }, string> {
  const endOfLine = content.indexOf("\n") + 1;
  const line = content.slice(0, endOfLine);
  if (content.slice(endOfLine) !== `${hex(sha256(utf8(line)))}\n`) return refuse("its checksum is wrong");
  const json = parseJson(line);
  const state = json.ok ? fit(stateShape, json.value) : refuse(json.refusal.message);
  if (!state.ok) return state;
  const { vkey, checkpoints } = state.value;
  const trees = checkpoints.map(readTree);
  if (!trees.every((tree) => tree !== null)) return refuse("it holds something that is not a checkpoint");
  const byOrigin = new Map(trees);
  return formatState(vkey, byOrigin) === content ? accept({ vkey, trees: byOrigin }) : refuse("it is not as it was written");
}

/** What a witness has cosigned, and the vkey it did that with; null if there is no file. */
export async function readState(file: string): Promise<Result<{ vkey: string; trees: CosignedTrees } | null, string>> {
  const content = await readPlainFile(file, MAX_FILE_BYTES);
  if (content === null) return accept(null);
  const state = parseState(fromUtf8(content) ?? "");
  return state.ok ? state : refuse(`${file} is damaged: ${state.refusal}`);
}

/** Resolves once what was cosigned is durable (see replaceFile). */
export const keepState = async (file: string, vkey: string, trees: CosignedTrees): Promise<void> =>
  await replaceFile(file, formatState(vkey, trees));

/** Keeps evidence against a log beside the state, the first of each log, and gives the file's name: one is enough, and a liar could make many. */
export async function keepEvidence(stateFile: string, origin: string, evidence: string): Promise<string> {
  const file = `${stateFile}.evidence-${hex(sha256(utf8(origin))).slice(0, 16)}.json`;
  if (!hasPlainFile(file)) await replaceFile(file, evidence);
  return file;
}

/** The seed in a key file: 32 bytes in base64, in a file that nobody else may read. Null if there is no file. */
export async function readSeed(file: string): Promise<Result<Bytes | null, string>> {
  const content = await readPlainFile(file, MAX_FILE_BYTES, { isSecret: true });
  if (content === null) return accept(null);
  const seed = fromB64((fromUtf8(content) ?? "").trim());
  return seed?.length === SEED_BYTES ? accept(seed) : refuse(`${file} is no key: 32 bytes in base64 belong there`);
}

/** Keeps a new key and resolves once it is durable. */
export const keepSeed = async (file: string, seed: Bytes): Promise<void> => await replaceFile(file, `${b64(seed)}\n`);

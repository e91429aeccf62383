/**
 * One leaf by itself: the record and salt against the entry, the record against its rules, the key it is found by against the record.
 * Whether the entry is the one that was logged, tiles and heads tell: check-log.ts.
 */
import { type Bytes, equal, fromB64u } from "../../encoding/bytes.ts";
import { canonicalize, type JsonObject, parseJson } from "../../json/canonical-json.ts";
import { isEndKey, isRotationKey, mayName } from "../../documents/leaf-key.ts";
import { leafEntry, type LogRecord, recordShapes } from "../../documents/record.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fit, isObject } from "../../json/shape.ts";
import { leafHash } from "../../tlog/merkle.ts";
import type { CallBatches } from "./call-batches.ts";
import { type LeafRow, recordProblem } from "./check-record.ts";
import type { RecordedKeys } from "./key-chain.ts";

/** The first place that is not as it must be. */
export interface Finding {
  /** Such as `leaf 7`, `tile 0/3`, `head 8`. */
  place: string;
  /** What is wrong there, in a sentence without its end. */
  message: string;
}

interface Opened {
  json: JsonObject;
  /** What record and salt commit to. */
  entry: Bytes;
}

/** Record and salt; null if both are erased. */
function openLeaf({ record, salt }: LeafRow): Result<Opened | null, string> {
  if (record === null && salt === null) return accept(null);
  if (record === null || salt === null) return refuse("of record and salt only one is there");
  if (fromB64u(salt)?.length !== 32) return refuse("its salt is not 32 bytes in base64url");
  const json = parseJson(record);
  if (!json.ok) return refuse(`its record is not JSON that can be hashed: ${json.refusal.message} (${json.refusal.place})`);
  if (!isObject(json.value)) return refuse("its record is not an object");
  if (canonicalize(json.value) !== record) return refuse("its record is not in canonical form");
  return accept({ json: json.value, entry: leafEntry(json.value as LogRecord, salt) });
}

/** Which of two that contradict each other is the one that was logged, as far as the tile tells. */
function contradiction(leaf: LeafRow, opened: Opened, hashInTile: Bytes): string {
  if (equal(leafHash(leaf.entry), hashInTile)) return "its record and salt are not what its entry, and the hash in its tile, commit to";
  if (equal(leafHash(opened.entry), hashInTile)) return "its entry is not what its record and salt, and the hash in its tile, say";
  return "its entry, its record with the salt, and the hash in its tile contradict each other";
}

const ERASABLE = "and this record may not be erased";

/** What is wrong with the reason for which a record is not there; null if nothing is, or the database is of a version that notes none. */
function reasonProblem({ idem, withheld }: LeafRow): string | null {
  if (withheld === "not noted" || withheld === "earlier") return null;
  if (withheld === "reveal") return isEndKey(idem) ? null : "its record is withheld as a public reveal taken back, and it ends no request";
  if (withheld === null) return "its record is not there, and nothing says why";
  const { personId, hasLeaf } = withheld;
  if (!hasLeaf) return `its record is withheld for the erasure of ${personId}, and no log has that`;
  return mayName(idem, personId) ? null : `its record is withheld for the erasure of ${personId}, whom it cannot name`;
}

/** The record of a leaf as its kind has it. */
function readRecord(json: JsonObject): Result<LogRecord, string> {
  const kind = json["kind"];
  if (typeof kind !== "string" || !Object.hasOwn(recordShapes, kind)) return refuse("its record is of no kind that this version knows");
  const record = fit<LogRecord>(recordShapes[kind as keyof typeof recordShapes], json);
  return record.ok ? record : refuse(`its record is not as its kind has to be: ${record.refusal}`);
}

/** The log of a leaf, with what the leaves before it have said. */
export interface LogSoFar {
  origin: string;
  keys: RecordedKeys;
  calls: CallBatches;
}

/** What is wrong with a leaf, beside its place in the tree; null if nothing is. Adds to `log` what it says. */
export function checkLeaf(leaf: LeafRow, log: LogSoFar, hashInTile: Bytes): Finding | null {
  const problem = leafProblem(leaf, log, hashInTile);
  return problem === null ? null : { place: `leaf ${leaf.index}`, message: problem };
}

function leafProblem(leaf: LeafRow, { origin, keys, calls }: LogSoFar, hashInTile: Bytes): string | null {
  if (leaf.isAgain) return `an earlier leaf has its key already: ${leaf.idem}`;
  const opened = openLeaf(leaf);
  if (!opened.ok) return opened.refusal;
  if (leaf.entry.length !== 33 || leaf.entry[0] !== 1) return "its entry is not 33 bytes of which the first is 1";
  if (opened.value === null) {
    const mayBeErased = leaf.index > 0 && !isRotationKey(leaf.idem);
    const problem = mayBeErased ? reasonProblem(leaf) : `its record is not there, ${ERASABLE}`;
    return problem ?? calls.addErased(leaf.idem);
  }
  if (!equal(opened.value.entry, leaf.entry)) return contradiction(leaf, opened.value, hashInTile);
  const record = readRecord(opened.value.json);
  if (!record.ok) return record.refusal;
  if (record.value.log !== origin) return `its record says that it is of the log ${record.value.log}`;
  if ((leaf.index === 0) !== (record.value.kind === "log.genesis")) return `at this place there is no ${record.value.kind}`;
  return recordProblem(record.value, leaf) ?? keys.add(record.value, leaf.idem, origin) ?? calls.add(record.value);
}

/** What somebody knows of an entry of a log: its record and salt, the entry, or only its hash. Reads it and computes the leaf hash. */
import { type Bytes, fromB64, fromHex } from "#countersign/encoding/bytes.ts";
import { type JsonObject, type JsonValue, parseJson, readPayload } from "#countersign/json/canonical-json.ts";
import { MAX_RECEIPT_BYTES } from "#countersign/documents/receipt.ts";
import { leafEntry, type LogRecord, type RecordKind, recordOfKind, recordShapes } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { anyObject, fit, isObject, object } from "#countersign/json/shape.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { base64url } from "#countersign/documents/words.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";

export interface GivenLeaf {
  /** With its salt, b64u; null if only the entry or its hash is known. */
  sealed: { record: LogRecord; salt: string } | null;
  /** Beside a record of a request; null if it was not given. */
  payload: JsonObject | null;
  /** 33 bytes; null if only the hash is known. */
  entry: Bytes | null;
  hash: Bytes;
  /** Where it says that it stands; null if it does not say. */
  index: number | null;
  /** A proof that came with it; null for none. */
  proof: string | null;
}

const NOTHING_MORE = { sealed: null, payload: null, index: null, proof: null };

const KINDS = Object.keys(recordShapes) as RecordKind[];
const sealedShape = object({ record: recordOfKind(...KINDS), salt: base64url(32) });
/** What may stand beside record and salt: in a receipt, and under /log/revealed. */
const BESIDES = new Set(["record", "salt", "proof", "payload", "index"]);

/**
 * An entry as somebody pastes it: JSON with `record` and `salt`, as receipts and /log/revealed have it; 33 bytes of an entry or
 * 32 of its hash, in hexadecimal or base64, white space ignored. Refuses anything else, and a payload that is not the record's.
 */
export function readGivenLeaf(text: string): Result<GivenLeaf, string> {
  if (text.length > MAX_RECEIPT_BYTES) return refuse(texts.given.tooLong);
  if (text.trimStart().startsWith("{")) return readRecord(text);
  const digits = text.replaceAll(/\s/g, "");
  const bytes = fromHex(digits) ?? fromB64(digits);
  if (bytes?.length === 33) return accept({ ...NOTHING_MORE, entry: bytes, hash: leafHash(bytes) });
  if (bytes?.length === 32) return accept({ ...NOTHING_MORE, entry: null, hash: bytes });
  return refuse(texts.given.neither);
}

function readRecord(text: string): Result<GivenLeaf, string> {
  const json = parseJson(text);
  if (!json.ok) return refuse(texts.given.notJson(json.refusal.message, json.refusal.place));
  const given = fit(anyObject, json.value);
  if (!given.ok) return refuse(texts.given.notJson2);
  const { record = null, salt = null, proof = null, payload = null, index = null } = given.value;
  const unknown = Object.keys(given.value).find((name) => !BESIDES.has(name));
  if (unknown !== undefined) return refuse(texts.given.unknownMember(unknown));
  const sealed = fit(sealedShape, { record, salt });
  if (!sealed.ok) return refuse(texts.given.notSealed(sealed.refusal));
  if (proof !== null && typeof proof !== "string") return refuse(texts.given.proofNotText);
  if (index !== null && typeof index !== "number") return refuse(texts.given.indexNotNumber);
  const ownPayload = readPayloadOf(sealed.value.record, payload);
  if (!ownPayload.ok) return ownPayload;
  const entry = leafEntry(sealed.value.record, sealed.value.salt);
  return accept({ sealed: sealed.value, payload: ownPayload.value, entry, hash: leafHash(entry), index, proof });
}

/** The payload that a record names by its hash. */
function readPayloadOf(record: LogRecord, payload: JsonValue): Result<JsonObject | null, string> {
  if (payload === null) return accept(null);
  const read = readPayload(payload);
  if (!read.ok) return refuse(texts.given.notPayload(read.refusal.message));
  const request = "request" in record ? record.request : null;
  const isOf = request !== null && typeof request !== "string" && payloadHash(read.value) === request.payload_hash;
  if (!isObject(payload) || !isOf) {
    return refuse(texts.given.otherPayload);
  }
  return read;
}

/** The record of a call, of what its agent's object keeps; and the tree over those of a batch. */
import { type Bytes, concat } from "#countersign/encoding/bytes.ts";
import { callEntry, type CallRecord } from "#countersign/documents/call.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { leafHash, nodeHash, type ReadHash } from "#countersign/tlog/merkle.ts";
import type { CallEnd, KeptCall, KeptText } from "./kept-call.ts";

/** Characters that are kept of arguments, and of a result. */
const KEPT_CHARACTERS = 65_536;
/** Places at which something was masked. */
const KEPT_PLACES = 100;

/** The method of what the gate called before people were asked: it is none of what the agent did before. */
export const PREVIEW_METHOD = "preview";

/** What is kept of a text; null of none. */
export function keptText(text: string | null): KeptText | null {
  if (text === null || text.length <= KEPT_CHARACTERS) return text === null ? null : { text, isCut: false };
  // Not between the two halves of a character.
  const isHigh = (text.codePointAt(KEPT_CHARACTERS - 1) ?? 0) > 0xff_ff;
  return { text: text.slice(0, isHigh ? KEPT_CHARACTERS - 1 : KEPT_CHARACTERS), isCut: true };
}

export const keptEnd = (end: Omit<CallEnd, "result"> & { result: string | null }): CallEnd => ({
  status: end.status,
  code: end.code,
  flags: end.flags,
  request: end.request,
  resultHash: end.resultHash,
  resultBytes: end.resultBytes,
  masked: end.masked.slice(0, KEPT_PLACES),
  ms: end.ms,
  result: keptText(end.result),
});

/** With its end, or as it stood before that (`end` null). */
export const recordOf = (
  { facts, atMs, count }: Pick<KeptCall, "facts" | "atMs" | "count">,
  end: CallEnd | null,
  agent: CallRecord["agent"],
  number: number,
): CallRecord => ({
  type: "countersign/call@v1",
  agent,
  number,
  at: timestamp(atMs),
  server: facts.server,
  method: facts.method,
  tool: facts.tool,
  schema_hash: facts.schema_hash,
  arguments_hash: facts.arguments_hash,
  arguments_bytes: facts.arguments_bytes,
  rule: facts.rule,
  policy: facts.policy,
  count,
  ...(facts.chain !== undefined && { chain: facts.chain }),
  ...membersOfEnd(facts, end),
});

/** What of a record its end says. */
export const membersOfEnd = (facts: KeptCall["facts"], end: CallEnd | null) => ({
  status: end?.status ?? facts.status,
  code: end?.code ?? facts.code,
  flags: [...new Set([...facts.flags, ...(end?.flags ?? [])])].toSorted(),
  request: end?.request ?? facts.request,
  result_hash: end?.resultHash ?? null,
  result_bytes: end?.resultBytes ?? 0,
  ms: end?.ms ?? null,
});

/** The hash of a call below the root of its batch. */
export const callHash = (record: CallRecord, salt: string): Bytes => leafHash(callEntry(record, salt));

/** Reads any complete subtree over these leaves. */
export const treeOver =
  (hashes: readonly Bytes[]): ReadHash =>
  ({ level, index }) =>
    subtree(hashes, level, index);

function subtree(hashes: readonly Bytes[], level: number, index: number): Bytes {
  if (level > 0) return nodeHash(subtree(hashes, level - 1, 2 * index), subtree(hashes, level - 1, 2 * index + 1));
  const hash = hashes[index];
  if (hash === undefined) throw new RangeError(`no leaf ${index}`);
  return hash;
}

const HASH_BYTES = 32;
/** The leaves' hashes as one text of bytes, and back. */
export const joinedHashes = (hashes: readonly Bytes[]): Bytes => concat(...hashes);
export const splitHashes = (bytes: Bytes): Bytes[] =>
  Array.from({ length: bytes.length / HASH_BYTES }, (_, n) => bytes.slice(n * HASH_BYTES, (n + 1) * HASH_BYTES));

/**
 * What of the log anybody may read in the clear, and the one place that says so: the log's own records, and approved
 * requests that were asked to be revealed. Of every other leaf nothing but its hash is public.
 */
import { equal } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { leafEntry, type RecordOf, type SealedRecord } from "#countersign/documents/record.ts";
import { isRevealed } from "#countersign/documents/reveal.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { parseDecimal } from "#countersign/tlog/checkpoint.ts";
import { headOf, type LogReader } from "./prove-leaves.ts";
import type { StoredLeaf, TransparencyLog } from "../transparency-log.ts";

type PublicRecord = RecordOf<"log.genesis" | "key.rotated" | "approval.approved">;

export interface RevealedLeaf {
  index: number;
  record: PublicRecord;
  /** b64u. */
  salt: string;
  /** Of an approved request, as long as it is kept; null for records of the log itself. */
  payload: JsonObject | null;
}

export interface RevealPorts {
  log: Pick<TransparencyLog, "checkpoint">;
  reader: Pick<LogReader, "readLeaves">;
  /** Whether this deployment shows requests at all. */
  allowReveal: boolean;
  /** The canonical payload that the object of this request gives to the public, `not-kept` once that is so; null if it gives none. */
  revealedPayload(requestId: string): Promise<string | null>;
}

/** Record and salt of a leaf, if they are public; null otherwise. Throws if they are not what the leaf commits to. */
export function publicPart(leaf: StoredLeaf, { allowReveal }: Pick<RevealPorts, "allowReveal">): SealedRecord<PublicRecord> | null {
  if (leaf.sealed === null) return null;
  const { record, salt } = leaf.sealed;
  const isOfTheLog = record.kind === "log.genesis" || record.kind === "key.rotated";
  if (!isOfTheLog && !(allowReveal && isRevealed(record))) return null;
  if (!equal(leafEntry(record, salt), leaf.entry)) throw new Error(`leaf ${leaf.index} is not of the record beside it`);
  return { record, salt };
}

/** The public part of a leaf with its payload, which the object of the request gives. */
export async function revealLeaf(leaf: StoredLeaf, ports: Omit<RevealPorts, "log" | "reader">): Promise<RevealedLeaf | null> {
  const sealed = publicPart(leaf, ports);
  if (sealed === null) return null;
  const { record, salt } = sealed;
  if (record.kind !== "approval.approved") return { index: leaf.index, record, salt, payload: null };
  // The id is of our own log: whatever strangers send never names an object.
  const text = await ports.revealedPayload(record.request.id);
  if (text === "not-kept") return { index: leaf.index, record, salt, payload: null };
  const payload = text === null ? null : (JSON.parse(text) as JsonObject);
  if (payload === null || payloadHash(payload) !== record.request.payload_hash) {
    throw new Error(`the payload of leaf ${leaf.index} is not there`);
  }
  return { index: leaf.index, record, salt, payload };
}

/** What is public of the leaf at an index, a decimal; null if nothing is, or the newest signed checkpoint does not cover it. */
export async function readRevealed(index: string, ports: RevealPorts): Promise<RevealedLeaf | null> {
  const at = parseDecimal(index);
  if (at === null || at >= headOf(await ports.log.checkpoint()).size) return null;
  const [leaf] = await ports.reader.readLeaves([at]);
  if (leaf === undefined) throw new Error(`leaf ${at} is not in the database`);
  return revealLeaf(leaf, ports);
}

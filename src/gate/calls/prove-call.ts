/** What proves one call of an agent offline, and nothing of the calls beside it: its record below a root, and that root in the log. */
import { type Bytes, b64, equal, fromHex } from "#countersign/encoding/bytes.ts";
import type { CallRecord } from "#countersign/documents/call.ts";
import { callsKey } from "#countersign/documents/leaf-key.ts";
import { type RecordOf, recordShapes, type SealedRecord } from "#countersign/documents/record.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { proveInclusion, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { callHash, treeOver } from "#rules/calls/call-record.ts";

export interface ProvablePorts {
  /** The call as it went into the log; null if it is not kept, or on its way. */
  loggedCall(
    agent: string,
    number: number,
  ): Promise<{ record: CallRecord; salt: string; hashes: Bytes[]; batch: SealedRecord<RecordOf<"calls.logged">> } | null>;
  /** The leaf of that key with its proof, in whichever log it is; null if it is in none yet. */
  provenLeaf(key: string): Promise<ProvenCall["leaf"] | null>;
}

export interface ProvenCall {
  record: CallRecord;
  /** b64u. */
  salt: string;
  /** Of the call among those of its batch, from 0; and base64 of the hashes beside its way to their root, its sibling first. */
  index: number;
  path: string[];
  /** `calls.logged`, with its tlog-proof. */
  leaf: { record: object; salt: string; proof: string };
}

/** Verified before it is given out. */
export async function proveCall(
  agent: string,
  number: number,
  ports: ProvablePorts,
): Promise<Result<ProvenCall, { reason: "unknown-call" }>> {
  const call = await ports.loggedCall(agent, number);
  if (call === null) return refuse({ reason: "unknown-call" });
  const { from, to, root } = call.batch.record;
  const leaf = await ports.provenLeaf(callsKey(agent, from));
  if (leaf === null) return refuse({ reason: "unknown-call" });
  const [index, size] = [number - from, to - from + 1];
  const path = proveInclusion(index, size, treeOver(call.hashes));
  const expected = fromHex(root);
  const hash = callHash(call.record, call.salt);
  const isLogged = recordShapes["calls.logged"](leaf.record as JsonObject, "record").root === root;
  if (expected === null || !isLogged || !verifyInclusion({ leafHash: hash, index, size, root: expected, path }))
    throw new Error(`call ${number} of ${agent} does not lead to what the log holds`);
  if (!equal(hash, call.hashes[index] ?? new Uint8Array())) throw new Error(`call ${number} of ${agent} is not the one that was logged`);
  return accept({ record: call.record, salt: call.salt, index, path: path.map(b64), leaf });
}

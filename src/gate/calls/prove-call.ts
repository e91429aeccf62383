/** What proves one call of an agent offline, and nothing of the calls beside it (docs/formats.md, "Proof of a call"). */
import { type Bytes, fromHex, hex } from "#countersign/encoding/bytes.ts";
import type { CallRecord } from "#countersign/documents/call.ts";
import type { CallProof } from "#countersign/documents/call-proof.ts";
import { callsKey } from "#countersign/documents/leaf-key.ts";
import { type RecordOf, recordShapes, type SealedRecord } from "#countersign/documents/record.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { proveInclusion, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { callHash, treeOver } from "#rules/calls/record/call-record.ts";

export interface ProvablePorts {
  /** The call as it went into the log; null if it is not kept, or on its way. */
  loggedCall(
    agent: string,
    number: number,
  ): Promise<{ record: CallRecord; salt: string; hashes: Bytes[]; batch: SealedRecord<RecordOf<"calls.logged">> } | null>;
  /** The leaf of that key with its proof, in whichever log it is; null if it is in none yet. */
  provenLeaf(key: string): Promise<{ record: object; salt: string; proof: string } | null>;
}

/** Verified before it is given out. */
export async function proveCall(
  agent: string,
  number: number,
  ports: ProvablePorts,
): Promise<Result<CallProof, { reason: "unknown-call" }>> {
  const call = await ports.loggedCall(agent, number);
  if (call === null) return refuse({ reason: "unknown-call" });
  const { from, to, root } = call.batch.record;
  const leaf = await ports.provenLeaf(callsKey(agent, from));
  if (leaf === null) return refuse({ reason: "unknown-call" });
  const record = recordShapes["calls.logged"](leaf.record as JsonObject, "record");
  const [index, size] = [number - from, to - from + 1];
  const path = proveInclusion(index, size, treeOver(call.hashes));
  const expected = fromHex(root);
  const claim = { leafHash: callHash(call.record, call.salt), index, size, path };
  if (expected === null || record.root !== root || !verifyInclusion({ ...claim, root: expected }))
    throw new Error(`call ${number} of ${agent} does not lead to what the log holds`);
  return accept({
    type: "countersign/call-proof@v1",
    call: call.record,
    salt: call.salt,
    index,
    size,
    path: path.map(hex),
    leaf: { record, salt: leaf.salt, proof: leaf.proof },
  });
}

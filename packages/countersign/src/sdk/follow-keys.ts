/** From a key of a log to the ones after it: each rotation is a leaf under a checkpoint that the key before has signed. */
import { leafEntry } from "../documents/record.ts";
import { accept, refuse } from "../result.ts";
import { leafHash } from "../tlog/merkle.ts";
import { parseVkey } from "../tlog/note.ts";
import { parseProof } from "../tlog/proof.ts";
import { verifyProof } from "../tlog/verify-checkpoint.ts";
import { advance, type Judged, type KnownLog, type LogWatch, unproven } from "./known-log.ts";

/**
 * The log with the keys that its rotations lead to from the newest known one, if there are any. The checkpoints under which
 * they are proven are compared as any other: keys are followed within one log only.
 */
export async function followKeys(known: KnownLog, watch: LogWatch): Judged<KnownLog> {
  const items = await watch.client.keys();
  if (!items.ok) return refuse(unproven(known.log, items.refusal, "its keys lead from one to the next"));
  let followed = known;
  for (const { index, record, salt, proof } of items.value) {
    const key = parseVkey(followed.vkeys.at(-1) ?? "");
    if (record.kind !== "key.rotated" || !key.ok || record.old_vkey !== followed.vkeys.at(-1)) continue;
    const proven = await verifyProof(proof, leafHash(leafEntry(record, salt)), { logKeys: [key.value], policy: null });
    const next = parseVkey(record.new_vkey);
    const read = parseProof(proof);
    const isOfThisLog = record.log === known.log && next.ok && next.value.name === known.log;
    if (!isOfThisLog || !read.ok || !proven.ok || proven.value.index !== index) {
      return refuse({ code: "log_key_unknown", message: `A rotation of the keys of the log ${known.log} is not proven (leaf ${index}).` });
    }
    const advanced = await advance(followed, { ...proven.value.checkpoint, note: read.value.checkpoint }, watch);
    if (!advanced.ok) return advanced;
    followed = { ...advanced.value, vkeys: [...followed.vkeys, record.new_vkey] };
  }
  return accept(followed);
}

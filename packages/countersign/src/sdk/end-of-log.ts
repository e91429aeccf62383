/**
 * One log has taken the place of another: what the new one's first leaf says of the old one's end has to extend all that is
 * remembered of it (docs/formats.md, "A log after another"). Otherwise the last that it signed could be left out, or bent.
 */
import { leafEntry } from "../documents/record.ts";
import { accept, refuse } from "../result.ts";
import { leafHash } from "../tlog/merkle.ts";
import { parseProof } from "../tlog/proof.ts";
import { verifyCheckpoint, verifyProof } from "../tlog/verify-checkpoint.ts";
import { advance, type Judged, keysOf, type KnownLog, type LogWatch } from "./known-log.ts";

interface Succession {
  /** With the checkpoint that it ended with. */
  old: KnownLog;
  following: KnownLog;
}

/**
 * Both logs with what is known of them then; `old` is one of which a checkpoint is remembered, `following` one that has signed one.
 *
 * 1. The new log's first leaf is in its tree: under a checkpoint that its key has signed, and that is of one log with what is known of it.
 * 2. `previous` in it is a checkpoint of the old log, signed by a key that is known of that, and no smaller than what is remembered.
 * 3. It is shown to extend what is remembered: by what is still served of the old log.
 */
export async function proveEnd(old: KnownLog, following: KnownLog, watch: LogWatch): Judged<Succession> {
  const notShown = (why: string) => {
    const message = `The log ${following.log} has taken the place of ${old.log}, and does not show how that one ended: ${why}`;
    return refuse({ code: "log_unproven" as const, message });
  };

  // 1.
  const items = await watch.client.keys();
  if (!items.ok) return notShown(items.refusal.message);
  const first = items.value.find(({ index }) => index === 0);
  if (first?.record.kind !== "log.genesis" || first.record.log !== following.log) return notShown("its first leaf is not to be had.");
  const { record, salt, proof } = first;
  const logKeys = keysOf(following.vkeys.slice(-1));
  const proven = await verifyProof(proof, leafHash(leafEntry(record, salt)), { logKeys, policy: null });
  const read = parseProof(proof);
  if (!proven.ok || !read.ok || proven.value.index !== 0) return notShown("its first leaf is not proven.");
  const advanced = await advance(following, { ...proven.value.checkpoint, note: read.value.checkpoint }, watch);
  if (!advanced.ok) return advanced;

  // 2.
  if (record.previous === null) return notShown("its first leaf names no log before it.");
  const final = await verifyCheckpoint(record.previous, { logKeys: keysOf(old.vkeys), policy: null });
  if (!final.ok) return notShown("what its first leaf names is no checkpoint that a known key of that log has signed.");
  const { size } = final.value;
  const remembered = old.checkpoint?.size ?? 0;
  if (size < remembered) return notShown(`its first leaf says that it had ${size} leaves, and it had ${remembered} before.`);

  // 3.
  const ended = await advance(old, { ...final.value, note: record.previous }, { ...watch, client: watch.client.ofEnded(old.log) });
  return ended.ok ? accept({ old: ended.value, following: advanced.value }) : ended;
}

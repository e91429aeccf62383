/** A whole log in memory, for proofs of a few leaves. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { leafHash, nodeHash, proveInclusion, rootHash, type Subtree } from "#countersign/tlog/merkle.ts";

/** The tree over all entries, computed anew for each hash: it is small. */
export function treeOver(entries: readonly Uint8Array[]) {
  const read = ({ level, index }: Subtree): Bytes =>
    level === 0
      ? leafHash(entries[index] as Uint8Array)
      : nodeHash(read({ level: level - 1, index: 2 * index }), read({ level: level - 1, index: 2 * index + 1 }));
  return {
    size: entries.length,
    root: rootHash(entries.length, read),
    pathOf: (index: number) => proveInclusion(index, entries.length, read),
  };
}

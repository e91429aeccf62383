/** What a leaf says that is not public: for those alone of whom the caller finds that they may read it. */
import { equal } from "#countersign/encoding/bytes.ts";
import { requestOfKey } from "#countersign/documents/leaf-key.ts";
import { leafEntry, type SealedRecord } from "#countersign/documents/record.ts";
import type { LogReader } from "./prove-leaves.ts";

export interface PrivateLeaf {
  /** The request that it tells of; null if it tells of something else. */
  requestId: string | null;
  sealed: SealedRecord;
}

export interface PrivatePorts {
  reader: Pick<LogReader, "readLeaves">;
  /** The idempotency key of the leaf at an index; null if there is none. */
  leafKey: (index: number) => Promise<string | null>;
}

/** The leaf at this index with its record; null if that was erased. Throws if the record is not what the leaf commits to. */
export async function readPrivate(index: number, { reader, leafKey }: PrivatePorts): Promise<PrivateLeaf | null> {
  const [[leaf], key] = await Promise.all([reader.readLeaves([index]), leafKey(index)]);
  if (leaf === undefined || leaf.sealed === null || key === null) return null;
  if (!equal(leafEntry(leaf.sealed.record, leaf.sealed.salt), leaf.entry)) throw new Error(`leaf ${index} is not of the record beside it`);
  return { requestId: requestOfKey(key), sealed: leaf.sealed };
}

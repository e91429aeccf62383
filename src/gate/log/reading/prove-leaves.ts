/** For receipts: records with proofs of inclusion, all under one and the same checkpoint. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { LogRecord } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { inclusionSubtrees, leafHash, proveInclusion, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { parseNote } from "#countersign/tlog/note.ts";
import { formatProof } from "#countersign/tlog/proof.ts";
import { readHashFrom, type Tile, type TileAddress, tilesOf } from "#countersign/tlog/tile.ts";
import type { TransparencyLog, StoredLeaf } from "../transparency-log.ts";

/** The committed log as readers see it: from the primary, and a failed read throws. */
export interface LogReader {
  /** Those of the leaves that exist, in any order. */
  readLeaves(indices: readonly number[]): Promise<StoredLeaf[]>;
  /** The widest versions of those tiles that exist, in any order. */
  readTiles(addresses: TileAddress[]): Promise<Tile[]>;
}

export interface ProvenLeaf {
  index: number;
  record: LogRecord;
  /** b64u. */
  salt: string;
  /** A tlog-proof text. */
  proof: string;
}

export interface ProvenLeaves {
  /** The signed note that every proof carries. */
  checkpoint: string;
  /** In the order asked for. */
  leaves: ProvenLeaf[];
}

/** A leaf that nothing can be shown of: there is none at this index, or its record has been erased. */
export interface UnprovableLeaf {
  reason: "no-such-leaf" | "record-erased";
  index: number;
}

/**
 * 1. The checkpoint comes first: every leaf that anybody has been told of is below its size. Better an older one with
 *    witnesses than a newer one without.
 * 2. Proofs are cut from tiles that may have grown since; complete subtrees never change.
 * 3. Each proof is verified from the checkpoint's root down to its leaf before it is given out.
 */
export async function proveLeaves(
  indices: readonly number[],
  { log, reader }: { log: Pick<TransparencyLog, "witnessedCheckpoint">; reader: LogReader },
): Promise<Result<ProvenLeaves, UnprovableLeaf>> {
  // 1.
  const checkpoint = await log.witnessedCheckpoint(Math.max(0, ...indices.map((index) => index + 1)));
  const { size, root } = headOf(checkpoint);
  const missing = indices.find((index) => index >= size);
  if (missing !== undefined) return refuse({ reason: "no-such-leaf", index: missing });

  // 2.
  const [stored, tiles] = await Promise.all([
    reader.readLeaves(indices),
    reader.readTiles(tilesOf(indices.flatMap((index) => inclusionSubtrees(index, size)))),
  ]);
  const readHash = readHashFrom(tiles);

  // 3.
  const leaves: ProvenLeaf[] = [];
  for (const index of indices) {
    const leaf = stored.find((one) => one.index === index);
    if (leaf === undefined) throw new Error(`leaf ${index} of ${size} is not in the database`);
    if (leaf.sealed === null) return refuse({ reason: "record-erased", index });
    const path = proveInclusion(index, size, readHash);
    if (!verifyInclusion({ leafHash: leafHash(leaf.entry), index, size, root, path })) {
      throw new Error(`leaf ${index} does not lead to the root of the checkpoint of ${size}`);
    }
    leaves.push({ index, ...leaf.sealed, proof: formatProof({ index, path, checkpoint }) });
  }
  return accept({ checkpoint, leaves });
}

export interface LogHead {
  /** The log's origin line. */
  origin: string;
  size: number;
  root: Bytes;
}

/** Size and root that our own checkpoint says; anything else than a checkpoint is a bug. */
export function headOf(checkpoint: string): LogHead {
  const note = parseNote(checkpoint);
  const parsed = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!parsed.ok) throw new Error(`the log gave no checkpoint: ${parsed.refusal}`);
  return parsed.value;
}

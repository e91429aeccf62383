/** From where to where a bundle goes, before any of it is made: what is too much is refused then, and not in the middle. */
import { b64, type Bytes, hex } from "#countersign/encoding/bytes.ts";
import { type BundleConsistency, type Manifest, MAX_BUNDLE_LEAVES, MAX_BUNDLE_RECEIPTS } from "#countersign/evidence/bundle-format.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { edgeHashes } from "#countersign/tlog/compact-range.ts";
import { consistencySubtrees, proveConsistency, rootHash, rootSubtrees, verifyConsistency } from "#countersign/tlog/merkle.ts";
import { readHashFrom, tilesOf } from "#countersign/tlog/tile.ts";
import { headOf, type LogHead } from "#gate/log/reading/prove-leaves.ts";
import type { EvidencePorts } from "./evidence-ports.ts";
import { sizeAt } from "./size-at.ts";

/** A period by times as `timestamp` writes them; null for the log's beginning, and for its newest state. */
export type Period = Pick<Manifest, "from" | "to">;

/** A tree of the log. */
export interface PlannedTree {
  size: number;
  root: Bytes;
}

export interface BundlePlan {
  period: Period;
  /** The log's origin line. */
  log: string;
  first: PlannedTree;
  last: PlannedTree;
  /** The signed note that everything is proven to, and what it says. */
  note: string;
  signed: PlannedTree;
  edge: Bytes[];
  consistency: BundleConsistency;
}

export type PlanRefusal =
  | { reason: "from-after-to" }
  | { reason: "too-many-leaves"; leaves: number; most: number }
  | { reason: "too-many-requests"; requests: number; most: number };

/**
 * 1. The trees: those of the newest heads at or before each time. Up to now it is the newest that witnesses have seen, if there are any.
 * 2. Not more than a bundle holds.
 * 3. What leads from the first to the last, and from that to what is signed; verified before it is given out.
 */
export async function planBundle(period: Period, ports: EvidencePorts): Promise<Result<BundlePlan, PlanRefusal>> {
  const { log, heads, evidence } = ports;
  const { from, to } = period;
  if (from !== null && to !== null && from > to) return refuse({ reason: "from-after-to" });

  // 1.
  const newest = to === null ? null : headOf(await log.checkpoint());
  const lastAsked = to === null || newest === null ? null : await sizeAt(to, newest.size, heads);
  const note = await log.witnessedCheckpoint(lastAsked ?? 0);
  const signed = headOf(note);
  const last = lastAsked ?? signed.size;
  const first = from === null ? 0 : Math.min(last, await sizeAt(from, signed.size, heads));

  // 2.
  if (last - first > MAX_BUNDLE_LEAVES) return refuse({ reason: "too-many-leaves", leaves: last - first, most: MAX_BUNDLE_LEAVES });
  const requests = await evidence.countEnded(first, last);
  if (requests > MAX_BUNDLE_RECEIPTS) return refuse({ reason: "too-many-requests", requests, most: MAX_BUNDLE_RECEIPTS });

  // 3.
  return accept({ period, log: signed.origin, note, signed, ...(await trees(first, last, signed, ports)) });
}

async function trees(
  first: number,
  last: number,
  signed: LogHead,
  { reader }: EvidencePorts,
): Promise<Pick<BundlePlan, "first" | "last" | "edge" | "consistency">> {
  const needed = [
    ...rootSubtrees(first),
    ...rootSubtrees(last),
    ...consistencySubtrees(first, last),
    ...consistencySubtrees(last, signed.size),
  ];
  const read = readHashFrom(await reader.readTiles(tilesOf(needed)));
  const [firstTree, lastTree] = [first, last].map((size) => ({ size, root: rootHash(size, read) })) as [PlannedTree, PlannedTree];
  const extend = (old: PlannedTree, now: PlannedTree): string[] => {
    const path = proveConsistency(old.size, now.size, read);
    const holds = verifyConsistency({ oldSize: old.size, oldRoot: old.root, size: now.size, root: now.root, path });
    if (!holds) throw new Error(`${now.size} leaves do not extend ${old.size}`);
    return path.map(b64);
  };
  const edge = edgeHashes(first, read);
  const consistency: BundleConsistency = {
    type: "countersign/evidence-bundle-consistency@v1",
    edge: edge.map(b64),
    first_to_last: extend(firstTree, lastTree),
    last_to_signed: extend(lastTree, signed),
  };
  return { first: firstTree, last: lastTree, edge, consistency };
}

/** As the manifest has it. */
export const treeInManifest = ({ size, root }: PlannedTree): Manifest["first"] => ({ size, root: hex(root) });

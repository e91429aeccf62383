/**
 * Consistency and inclusion for anybody, between sizes up to the newest signed checkpoint. The answers are those of RFC 6962,
 * sections 4.4 and 4.5. Proofs that go with receipts are prove-leaves.ts.
 */
import { b64, type Bytes, fromB64, fromHex } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { parseDecimal } from "#countersign/tlog/checkpoint.ts";
import {
  consistencySubtrees,
  inclusionSubtrees,
  leafHash,
  proveConsistency,
  proveInclusion,
  type ReadHash,
  rootHash,
  rootSubtrees,
  type Subtree,
  verifyConsistency,
  verifyInclusion,
} from "#countersign/tlog/merkle.ts";
import { readHashFrom, tilesOf } from "#countersign/tlog/tile.ts";
import type { TileReader } from "./log-tiles.ts";
import { headOf, type LogHead, type LogReader } from "./prove-leaves.ts";
import type { TransparencyLog } from "../transparency-log.ts";

export interface ProofReader extends TileReader {
  /** The index of the leaf with that hash under the tiles `first` to `last` of level 0; null if there is none. */
  findLeafHash(hash: Bytes, first: number, last: number): Promise<number | null>;
}

interface Ports {
  log: Pick<TransparencyLog, "checkpoint">;
  reader: ProofReader;
}

/** A query's values by name, as a stranger wrote them. */
type Query = Readonly<Record<string, string[]>>;

/** Tiles of leaf hashes that one search looks through: 16,384 leaves. No index of hashes is kept, and a stranger may ask. */
const TILES_SEARCHED = 64;

/** `size` and `searched` are in leaves: how many the newest checkpoint has, or the tree; and how many of them were looked at. */
export type ProofRefusal =
  | { reason: "malformed-consistency-query" | "malformed-inclusion-query" }
  | { reason: "beyond-checkpoint"; size: number }
  | { reason: "leaf-not-found"; searched: number; size: number };

const beyond = ({ size }: LogHead) => refuse<ProofRefusal>({ reason: "beyond-checkpoint", size });

/** The values of exactly these names, each there once; null for any other query. */
function only(query: Query, names: string[]): string[] | null {
  const values = names.flatMap((name) => query[name] ?? []);
  const fits = Object.keys(query).length === names.length && names.every((name) => query[name]?.length === 1);
  return fits ? values : null;
}

/** Proof that the tree of `to` leaves extends the one of `from`: `?from=&to=`. Empty from 0, and between equal sizes. */
export async function readConsistency(query: Query, { log, reader }: Ports): Promise<Result<{ consistency: string[] }, ProofRefusal>> {
  const [oldSize = null, size = null] = only(query, ["from", "to"])?.map(parseDecimal) ?? [];
  if (oldSize === null || size === null || oldSize > size) {
    return refuse({ reason: "malformed-consistency-query" });
  }
  const head = headOf(await log.checkpoint());
  if (size > head.size) return beyond(head);

  const path = await proveExtension(oldSize, size, head, reader);
  return accept({ consistency: path.map(b64) });
}

/**
 * The audit path of a leaf in the tree of `size` leaves: `?index=&size=`, or `?hash=&size=` with the leaf hash in lowercase
 * hexadecimal or base64. A hash is looked for in the last 64 tiles of that tree.
 */
export async function readInclusion(
  query: Query,
  { log, reader }: Ports,
): Promise<Result<{ leaf_index: number; audit_path: string[] }, ProofRefusal>> {
  const asked = parseInclusion(query);
  if (asked === null) return refuse({ reason: "malformed-inclusion-query" });
  const { size } = asked;
  const head = headOf(await log.checkpoint());
  if (size > head.size) return beyond(head);

  const leaf = "hash" in asked ? await locate(asked.hash, size, reader) : await hashAt(asked.index, reader);
  if (leaf === null) return refuse({ reason: "leaf-not-found", searched: TILES_SEARCHED * 256, size });
  const { index, hash } = leaf;
  const readHash = await hashesFor([size], inclusionSubtrees(index, size), head, reader);
  const path = proveInclusion(index, size, readHash);
  if (!verifyInclusion({ leafHash: hash, index, size, root: signedRoot(size, head, readHash), path })) {
    throw new Error(`leaf ${index} does not lead to the root of ${size} leaves`);
  }
  return accept({ leaf_index: index, audit_path: path.map(b64) });
}

/** The proof that the tree of `size` leaves extends the one of `oldSize`, neither beyond the signed head; verified up to that head. */
export async function proveExtension(oldSize: number, size: number, head: LogHead, reader: Pick<LogReader, "readTiles">): Promise<Bytes[]> {
  const readHash = await hashesFor([oldSize, size], consistencySubtrees(oldSize, size), head, reader);
  const [oldRoot, root] = [signedRoot(oldSize, head, readHash), signedRoot(size, head, readHash)];
  const path = proveConsistency(oldSize, size, readHash);
  if (!verifyConsistency({ oldSize, oldRoot, size, root, path })) throw new Error(`${size} leaves do not extend ${oldSize}`);
  return path;
}

function parseInclusion(query: Query): { size: number; index: number } | { size: number; hash: Bytes } | null {
  const [sizeText = "", text = ""] = only(query, ["size", "index"]) ?? only(query, ["size", "hash"]) ?? [];
  const size = parseDecimal(sizeText);
  if (size === null || size === 0) return null;
  if ("index" in query) {
    const index = parseDecimal(text);
    return index === null || index >= size ? null : { size, index };
  }
  const hash = text.length === 64 ? fromHex(text) : fromB64(text);
  return hash?.length === 32 ? { size, hash } : null;
}

interface LocatedLeaf {
  index: number;
  hash: Bytes;
}

async function locate(hash: Bytes, size: number, reader: ProofReader): Promise<LocatedLeaf | null> {
  const lastTile = Math.floor((size - 1) / 256);
  const index = await reader.findLeafHash(hash, Math.max(0, lastTile - TILES_SEARCHED + 1), lastTile);
  return index === null || index >= size ? null : { index, hash };
}

async function hashAt(index: number, reader: ProofReader): Promise<LocatedLeaf> {
  const [entry] = await reader.readEntries(index, 1);
  if (entry === undefined) throw new Error(`leaf ${index} is not in the database`);
  return { index, hash: leafHash(entry) };
}

/** What a proof and the roots of these sizes need, and what leads from those to the signed head. */
async function hashesFor(sizes: number[], subtrees: Subtree[], head: LogHead, reader: Pick<LogReader, "readTiles">): Promise<ReadHash> {
  const ofRoots = sizes.flatMap((size) => [...rootSubtrees(size), ...consistencySubtrees(size, head.size)]);
  return readHashFrom(await reader.readTiles(tilesOf([...subtrees, ...ofRoots])));
}

/** The root of `size` leaves, after showing that the signed head extends it. */
function signedRoot(size: number, head: LogHead, readHash: ReadHash): Bytes {
  const root = rootHash(size, readHash);
  const path = proveConsistency(size, head.size, readHash);
  if (!verifyConsistency({ oldSize: size, oldRoot: root, size: head.size, root: head.root, path })) {
    throw new Error(`the root of ${size} leaves does not lead to that of the checkpoint of ${head.size}`);
  }
  return root;
}

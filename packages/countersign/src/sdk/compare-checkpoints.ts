/**
 * Whether two checkpoints can both be of one append-only log, shown with what the log serves and never on its word: up to the
 * roots that are signed. Whose signatures those are is remember-checkpoint.ts.
 */
import { b64, type Bytes, equal, hex } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import type { Evidence } from "../tlog/evidence.ts";
import { consistencySubtrees, proveConsistency, rootHash, rootSubtrees, verifyConsistency } from "../tlog/merkle.ts";
import { readHashFrom, type Tile, tilesOf, tileWidth } from "../tlog/tile.ts";
import type { LogClient, LogRefused } from "./log-client.ts";

/** What the larger of two checkpoints commits to at the size of the smaller one. */
type Contradiction = Pick<Evidence, "root" | "consistency">;

/**
 * Null if `larger` is shown to extend `smaller`, a contradiction if it is shown not to; refuses if the log shows neither.
 * `larger` has at least as many leaves, and a tree without leaves has the root of one.
 */
export async function contradictionBetween(
  smaller: Checkpoint,
  larger: Checkpoint,
  client: LogClient,
): Promise<Result<Contradiction | null, LogRefused>> {
  if (smaller.size === larger.size) return accept(equal(smaller.root, larger.root) ? null : { root: null, consistency: [] });
  const claim = { oldSize: smaller.size, oldRoot: smaller.root, size: larger.size, root: larger.root };
  if (smaller.size === 0) return accept(null);

  const proof = await client.consistency(smaller.size, larger.size);
  if (proof.ok && verifyConsistency({ ...claim, path: proof.value })) return accept(null);
  if (!proof.ok && proof.refusal.code === "unreachable") return proof;
  // What proves nothing convicts nobody. The tiles under the larger root say what it does commit to.
  return await fromTiles(smaller, larger, client);
}

async function fromTiles(smaller: Checkpoint, larger: Checkpoint, client: LogClient): Promise<Result<Contradiction | null, LogRefused>> {
  const tiles: Tile[] = [];
  for (const address of tilesOf([...rootSubtrees(smaller.size), ...consistencySubtrees(smaller.size, larger.size)])) {
    const hashes = await client.tile(address, tileWidth(address, larger.size));
    if (!hashes.ok) return hashes;
    tiles.push({ ...address, hashes: hashes.value });
  }
  const readHash = readHashFrom(tiles);
  const oldRoot: Bytes = rootHash(smaller.size, readHash);
  const path = proveConsistency(smaller.size, larger.size, readHash);
  if (!verifyConsistency({ oldSize: smaller.size, oldRoot, size: larger.size, root: larger.root, path })) {
    return refuse({ code: "malformed", message: "The log's tiles do not lead to the root that it has signed." });
  }
  return accept(equal(oldRoot, smaller.root) ? null : { root: hex(oldRoot), consistency: path.map(b64) });
}

/**
 * Opening the log: what D1 holds is compared with itself, with genesis, and with the anchor, which is what has been signed for.
 * Whatever does not fit freezes the log; nothing is repaired. Appending is sequence-leaves.ts.
 */
import { type Bytes, equal } from "#countersign/encoding/bytes.ts";
import { consistencySubtrees, proveConsistency, verifyConsistency } from "#countersign/tlog/merkle.ts";
import { readHashFrom, rightEdge, type Tile, type TileAddress, tilesOf, type Tree, treeFromEdge } from "#countersign/tlog/tile.ts";
import { chooseSigners, type HeldKeys, type KeyChain, readKeyChain, type Signing } from "./log-keys.ts";
import { LogError, type LogErrorCode, type StoredLeaf } from "./transparency-log.ts";

/** The tree at one size. */
export interface Head {
  size: number;
  /** 32 bytes. */
  root: Bytes;
}

/** What a database says of this log. */
export interface StoredLog {
  state: "active" | "frozen";
  /** Written together with the log itself; null means damage. */
  head: Head | null;
  genesis: StoredLeaf | null;
  /** The leaves under the keys of rotations, in the order of the log. */
  rotations: StoredLeaf[];
}

/** A log by name. */
export interface ListedLog {
  origin: string;
  state: "active" | "frozen";
}

/** A log that may be read, appended to and signed for. */
export interface OpenedLog {
  tree: Tree;
  chain: KeyChain;
  signing: Signing;
}

/** The committed log. Reads are from the primary and throw if they fail: a failed read is not an empty read. */
export interface CommittedLog {
  /** `log` is null if it has not begun; `newest` is the active log of this database, or else the latest; null if there is none. */
  read(): Promise<{ log: StoredLog | null; newest: ListedLog | null }>;
  /** The widest versions of those tiles that exist, in any order. */
  readTiles(addresses: TileAddress[]): Promise<Tile[]>;
  /** Nothing is appended to this log any more. */
  freeze(): Promise<void>;
}

/** The largest head signed for, kept where D1's fate does not reach. Synchronous, so that nothing comes in between. */
export interface Anchor {
  read(): Head | null;
  write(head: Head): void;
}

const sameHead = (one: Head | null, other: Head | null): boolean =>
  one === other || (one !== null && other !== null && one.size === other.size && equal(one.root, other.root));

/** Moves the anchor on to `to`, which the caller has seen to extend `from`. Somebody else having moved it is a bug. */
export function advanceAnchor(anchor: Anchor, from: Head | null, to: Head): void {
  if (!sameHead(anchor.read(), from)) throw new Error("the anchor is not where this writer left it");
  if (!sameHead(from, to)) anchor.write({ size: to.size, root: to.root });
}

/**
 * The log that D1 has committed, found to extend everything signed before, and anchored.
 * 1. It begins with genesis, and its keys follow each other.
 * 2. Its right edge hashes to its head.
 * 3. Its head extends the anchor. It may be ahead of it: a crash between commit and anchor.
 * 4. This deployment holds its newest key, or refuses everything. Last, so that a database put back in time is taken for what
 *    it is, whatever keys the log had by then.
 */
export async function openLog(stored: StoredLog, held: HeldKeys, store: CommittedLog, anchor: Anchor): Promise<OpenedLog> {
  const halt = async (code: LogErrorCode, explanation: string): Promise<never> => {
    await store.freeze();
    throw new LogError(code, `${explanation}; the log is frozen and signs nothing`);
  };
  const origin = held.signer.name;

  // 1.
  const { head } = stored;
  const chain = readKeyChain(origin, stored.genesis, stored.rotations);
  if (head === null || chain === null) return await halt("log_damaged", "leaf 0 is not the genesis of this log, or its keys do not follow");
  if (stored.state === "frozen") throw new LogError("log_frozen", `the log ${origin} is frozen (docs/operations.md, "Backup and restore")`);

  // 2.
  const edge = await store.readTiles(rightEdge(head.size));
  const tree = whole(() => treeFromEdge(head.size, edge));
  if (tree === null || !equal(tree.root, head.root)) return await halt("log_damaged", "the tiles do not hash to the head");

  // 3.
  const anchored = anchor.read();
  if (anchored !== null) {
    if (anchored.size > head.size) return await halt("log_rolled_back", `D1 has ${head.size} leaves, ${anchored.size} were signed for`);
    const tiles = await store.readTiles(tilesOf(consistencySubtrees(anchored.size, head.size)));
    const path = whole(() => proveConsistency(anchored.size, head.size, readHashFrom(tiles)));
    const extended = { oldSize: anchored.size, oldRoot: anchored.root, size: head.size, root: head.root };
    if (path === null || !verifyConsistency({ ...extended, path })) {
      return await halt("log_rolled_back", `D1 holds another history than the one signed for at ${anchored.size} leaves`);
    }
  }

  // 4.
  const signing = chooseSigners(chain, held);
  advanceAnchor(anchor, anchored, head);
  return { tree, chain, signing };
}

/** What was computed from tiles; null if one is missing or too narrow, which is damage like a wrong hash. */
function whole<Computed>(compute: () => Computed): Computed | null {
  try {
    return compute();
  } catch {
    return null;
  }
}

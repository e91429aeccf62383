/**
 * A tree made again from its leaves alone: every tile of every level and the root at every size, to hold against what a log
 * stores, serves or has signed. Nothing is taken from tiles but the right edge to go on from, and that hashes to a root.
 * Only the right edge is held, however large the tree: at most 255 hashes a level, and one for each complete subtree.
 */
import { type Bytes, concat } from "../encoding/bytes.ts";
import { nodeHash, rootHash, rootSubtrees } from "./merkle.ts";
import { readHashFrom, type Tile, type Tree, treeFromEdge } from "./tile.ts";

const WIDTH = 256;
/** Levels of a binary tree in one level of tiles. */
const LEVELS_PER_TILE = 8;

export class Rederivation {
  #size: number;
  /** The complete subtrees that make up the tree, from left to right. */
  readonly #peaks: { level: number; hash: Bytes }[];
  /** The hashes of the tile that is still open, by level. */
  readonly #open: Bytes[][];

  /** From an empty tree, or on from one that the caller has seen to have the root it must have. */
  constructor(start: Tree = treeFromEdge(0, [])) {
    this.#size = start.size;
    const read = readHashFrom(start.edge);
    this.#peaks = rootSubtrees(start.size).map((subtree) => ({ level: subtree.level, hash: read(subtree) }));
    this.#open = [];
    for (const { level, hashes } of start.edge) {
      this.#open[level] = Array.from({ length: hashes.length / 32 }, (_, i) => hashes.slice(i * 32, (i + 1) * 32));
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Appends one leaf by its hash (RFC 6962). Gives the tiles that it makes full, the lowest first. */
  append(leafHash: Bytes): Tile[] {
    if (leafHash.length !== 32) throw new RangeError("a hash is 32 bytes");
    const full: Tile[] = [];
    let [hash, level] = [leafHash, 0];
    for (;;) {
      if (level % LEVELS_PER_TILE === 0) full.push(...this.#keep(level / LEVELS_PER_TILE, hash));
      const left = this.#peaks.at(-1);
      if (left?.level !== level) break;
      this.#peaks.pop();
      hash = nodeHash(left.hash, hash);
      level += 1;
    }
    this.#peaks.push({ level, hash });
    this.#size += 1;
    return full;
  }

  #keep(level: number, hash: Bytes): Tile[] {
    const hashes = (this.#open[level] ??= []);
    hashes.push(hash);
    if (hashes.length < WIDTH) return [];
    this.#open[level] = [];
    return [{ level, n: Math.floor(this.#size / WIDTH ** (level + 1)), hashes: concat(...hashes) }];
  }

  /** MTH of all leaves so far (RFC 6962, section 2.1). */
  root(): Bytes {
    const byLevel = new Map(this.#peaks.map(({ level, hash }) => [level, hash]));
    return rootHash(this.#size, ({ level }) => byLevel.get(level) as Bytes);
  }

  /** The tiles that are not full yet, each as wide as in the tree of this size: its right edge. */
  openTiles(): Tile[] {
    return this.#open.flatMap((hashes, level) =>
      hashes.length === 0 ? [] : [{ level, n: Math.floor(this.#size / WIDTH ** (level + 1)), hashes: concat(...hashes) }],
    );
  }

  /** The same tree, to go on from in another way. */
  copy(): Rederivation {
    return new Rederivation({ size: this.#size, root: this.root(), edge: this.openTiles() });
  }
}

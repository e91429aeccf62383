/** Trees of the entries of naive-merkle.ts: their leaf hashes, and a tree kept as tiles in memory, grown only through appendLeaves. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { appendLeaves, type Tile, type TileAddress, type Tree, treeFromEdge } from "#countersign/tlog/tile.ts";
import { entryAt } from "./naive-merkle.ts";

const made: Bytes[] = [];

/** The leaf hashes of the entries from `from` up to `to`, which is not among them. Each is made once: the tests want 70,000 again and again. */
export function leafHashes(from: number, to: number): Bytes[] {
  while (made.length < to) made.push(leafHash(entryAt(made.length)));
  return made.slice(from, to);
}

export class TiledTree {
  tree: Tree = treeFromEdge(0, []);
  readonly #tiles = new Map<string, Tile>();

  append(leaves: Bytes[]): void {
    const { tree, changed } = appendLeaves(this.tree, leaves);
    for (const { level, n, hashes, oldWidth } of changed) {
      const before = this.#tiles.get(`${level}/${n}`)?.hashes ?? new Uint8Array(0);
      if (before.length !== oldWidth * 32 || !before.every((byte, i) => byte === hashes[i])) throw new Error("a tile may only grow");
      this.#tiles.set(`${level}/${n}`, { level, n, hashes });
    }
    this.tree = tree;
  }

  /** The widest version there is. */
  read(addresses: TileAddress[]): Tile[] {
    return addresses.map(({ level, n }) => {
      const tile = this.#tiles.get(`${level}/${n}`);
      if (tile === undefined) throw new Error(`no tile ${level}/${n}`);
      return tile;
    });
  }
}

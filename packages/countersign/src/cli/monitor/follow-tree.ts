/**
 * Follows a log leaf by leaf: from its entries alone every tile of every level is made again and held against the one that is
 * served, and the root against the signed one. Nothing is believed of a tile but the right edge to go on from, and that only
 * if it hashes to the root that was reached from entries before.
 */
import { type Bytes, concat, equal, hex } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { LogClient } from "../../sdk/log-client.ts";
import type { Checkpoint } from "../../tlog/checkpoint.ts";
import { leafHash } from "../../tlog/merkle.ts";
import { Rederivation } from "../../tlog/rederive.ts";
import { rightEdge, type Tile, type TileAddress, tilePath, tileWidth, treeFromEdge } from "../../tlog/tile.ts";
import { inOrder } from "./in-order.ts";
import { all, mismatch, type Trouble, unanswered } from "./trouble.ts";

/** Bundles with their tiles that are fetched at once; a few hundred KB are held. */
const AT_ONCE = 8;

/** A size and the root there, reached from entries. */
export type Reached = Pick<Checkpoint, "size" | "root">;

/** A bundle of entries and the tile of their hashes, both as served. */
interface Bundle {
  n: number;
  entries: Bytes[];
  tile: Bytes;
}

/** From `first` to before `end`, none made before it is asked for: a log may sign for more than fits into memory. */
function* wholeNumbers(first: number, end: number): Generator<number> {
  for (let n = first; n < end; n++) yield n;
}

export class TreeFollower {
  readonly #client: LogClient;
  readonly #onProgress: (done: number, all: number) => void;
  /** Null: it is not known, and has to be made from what was reached. */
  #tree: Rederivation | null = null;

  /** `onProgress` is told how many of the new leaves have been followed. */
  constructor(client: LogClient, onProgress: (done: number, all: number) => void) {
    this.#client = client;
    this.#onProgress = onProgress;
  }

  /** From `from`, which was reached before, to `to`, which is signed and not smaller. */
  async follow(from: Reached, to: Reached): Promise<Trouble | null> {
    const known = this.#tree;
    // Dropped first: whatever ends this half-way, the tree is made again from what was reached.
    this.#tree = null;
    const started = known?.size === from.size ? accept(known) : await this.#treeAt(from, to.size);
    if (!started.ok) return started.refusal;
    const tree = started.value;
    const trouble = await this.#append(tree, from.size, to.size);
    if (trouble !== null) return trouble;
    if (!equal(tree.root(), to.root)) {
      return mismatch(`The log's ${to.size} entries do not lead to the root that it has signed, but to ${hex(tree.root())}.`);
    }
    this.#tree = tree;
    return null;
  }

  /** The tree of that size out of the tiles at its right edge, if they have the root that it must have. */
  async #treeAt({ size, root }: Reached, sizeNow: number): Promise<Result<Rederivation, Trouble>> {
    const edge = all(await Promise.all(rightEdge(size).map((address) => this.#tile(address, tileWidth(address, sizeNow)))));
    if (!edge.ok) return edge;
    const tree = treeFromEdge(size, edge.value);
    if (equal(tree.root, root)) return accept(new Rederivation(tree));
    return refuse(mismatch(`The tiles at the right edge of the log's first ${size} leaves do not lead to the root that its entries had.`));
  }

  async #tile(address: TileAddress, width: number): Promise<Result<Tile, Trouble>> {
    const hashes = await this.#client.tile(address, width);
    return hashes.ok ? accept({ ...address, hashes: hashes.value }) : refuse(unanswered(hashes.refusal));
  }

  async #bundle(n: number, size: number): Promise<Result<Bundle, Trouble>> {
    const address = { level: 0, n };
    const width = tileWidth(address, size);
    const [entries, tile] = await Promise.all([this.#client.entries(n, width), this.#tile(address, width)]);
    if (!tile.ok) return tile;
    return entries.ok ? accept({ n, entries: entries.value, tile: tile.value.hashes }) : refuse(unanswered(entries.refusal));
  }

  async #append(tree: Rederivation, first: number, end: number): Promise<Trouble | null> {
    const bundles = end > first ? wholeNumbers(Math.floor(first / 256), Math.ceil(end / 256)) : [];
    for await (const bundle of inOrder(bundles, AT_ONCE, (n) => this.#bundle(n, end))) {
      if (!bundle.ok) return bundle.refusal;
      const trouble = await this.#appendBundle(tree, bundle.value);
      if (trouble !== null) return trouble;
      this.#onProgress(tree.size - first, end - first);
    }
    const partial = tree.openTiles().filter(({ level }) => level > 0);
    return end === first ? null : await this.#compare(partial, end);
  }

  /** The leaves of a bundle that the tree does not have yet, and those that it has as far as its tile is still open. */
  async #appendBundle(tree: Rederivation, { n, entries, tile }: Bundle): Promise<Trouble | null> {
    const hashes = entries.map(leafHash);
    const wrong = hashes.findIndex((hash, i) => !equal(hash, tile.subarray(i * 32, i * 32 + 32)));
    if (wrong >= 0)
      return mismatch(`Entry ${n * 256 + wrong} and its hash in ${tilePath({ level: 0, n }, entries.length)} do not fit together.`);
    const already = tree.size % 256;
    const known = tree.openTiles().find(({ level }) => level === 0)?.hashes ?? new Uint8Array();
    if (!equal(known, concat(...hashes.slice(0, already))))
      return mismatch(`Among the log's entries ${n * 256} to ${tree.size - 1} there is another one than before.`);
    for (const hash of hashes.slice(already)) {
      const above = tree.append(hash).filter(({ level }) => level > 0);
      const trouble = await this.#compare(above, tree.size);
      if (trouble !== null) return trouble;
    }
    return null;
  }

  /** Tiles made from entries against those that are served, each as wide as in the tree of `size` leaves. */
  async #compare(made: readonly Tile[], size: number): Promise<Trouble | null> {
    const served = all(await Promise.all(made.map((tile) => this.#tile(tile, tile.hashes.length / 32))));
    if (!served.ok) return served.refusal;
    const wrong = made.find((tile, i) => !equal(tile.hashes, served.value[i]?.hashes ?? new Uint8Array()));
    return wrong === undefined
      ? null
      : mismatch(`${tilePath(wrong, wrong.hashes.length / 32)} is not what the log's first ${size} entries lead to.`);
  }
}

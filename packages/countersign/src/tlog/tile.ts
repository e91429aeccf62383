/**
 * C2SP tlog-tiles: where a tree's hashes are kept, and how appending changes them. A tile at level L holds up to 256 hashes of
 * complete subtrees of 256^L leaves each. Storing tiles is storage/log/log-store.ts; serving them is http/.
 */
import { type Bytes, concat } from "../encoding/bytes.ts";
import { demandSize, nodeHash, type ReadHash, rootHash, type Subtree } from "./merkle.ts";

const WIDTH = 256;
const HASH = 32;

export interface TileAddress {
  /** 0 to 6: a safe integer has no more digits to the base of 256. */
  level: number;
  /** Counted from the left. */
  n: number;
}

export interface Tile extends TileAddress {
  /** 1 to 256 hashes of 32 bytes, one after the other. */
  hashes: Bytes;
}

const leavesPerHash = (level: number): number => WIDTH ** level;

/** How many hashes a tile has in the tree of `size` leaves, 0 to 256. */
export const tileWidth = ({ level, n }: TileAddress, size: number): number =>
  Math.min(WIDTH, Math.max(0, Math.floor(size / leavesPerHash(level)) - n * WIDTH));

/** The tile as it was in the tree of `size` leaves, cut from a wider version. Throws if it is narrower than that. */
export function sliceTile(tile: Tile, size: number): Tile {
  const length = tileWidth(tile, size) * HASH;
  if (tile.hashes.length < length) throw new Error(`tile ${tile.level}/${tile.n} is narrower than a tree of ${size} leaves needs`);
  return { ...tile, hashes: tile.hashes.slice(0, length) };
}

/** `tile/<L>/<N>` with `.p/<W>` on a partial tile (tlog-tiles, "Merkle Tree"). Throws for what is no address. */
export function tilePath({ level, n }: TileAddress, width: number): string {
  if (![level, n, width].every((one) => Number.isSafeInteger(one) && one >= 0)) throw new RangeError(`no tile: ${level}/${n}.p/${width}`);
  const groups: string[] = [];
  for (let rest = n; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`${groups.length === 0 ? "" : "x"}${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** The tile that holds what is needed to hash a complete subtree. */
export function tileOf({ level, index }: Subtree): TileAddress {
  const tileLevel = Math.floor(level / 8);
  return { level: tileLevel, n: Math.floor((index * 2 ** (level % 8)) / WIDTH) };
}

/** The tiles, each once, that hold these subtrees. */
export function tilesOf(subtrees: Subtree[]): TileAddress[] {
  const tiles = new Map(subtrees.map(tileOf).map((tile) => [key(tile), tile]));
  return [...tiles.values()];
}

const key = ({ level, n }: TileAddress): string => `${level}/${n}`;

function subtreeRoot(hashes: Bytes): Bytes {
  if (hashes.length === HASH) return hashes.slice();
  const middle = hashes.length / 2;
  return nodeHash(subtreeRoot(hashes.subarray(0, middle)), subtreeRoot(hashes.subarray(middle)));
}

/** Reads hashes of complete subtrees out of the given tiles; throws if one is missing or too narrow. */
export function readHashFrom(tiles: readonly Tile[]): ReadHash {
  const held = new Map(tiles.map((tile) => [key(tile), tile.hashes]));
  return (subtree) => {
    const address = tileOf(subtree);
    const count = 2 ** (subtree.level % 8);
    const start = (subtree.index * count) % WIDTH;
    const hashes = held.get(key(address))?.subarray(start * HASH, (start + count) * HASH);
    if (hashes?.length !== count * HASH) throw new Error(`tile ${key(address)} is missing or too narrow`);
    return subtreeRoot(hashes);
  };
}

/** The partial tiles of a tree of `size` leaves, at most one a level: all that its root, and appending to it, need. */
export function rightEdge(size: number): TileAddress[] {
  demandSize(size);
  const edge: TileAddress[] = [];
  for (let level = 0; leavesPerHash(level) <= size; level++) {
    const hashes = Math.floor(size / leavesPerHash(level));
    if (hashes % WIDTH !== 0) edge.push({ level, n: Math.floor(hashes / WIDTH) });
  }
  return edge;
}

/** A tree as far as appending needs it. */
export interface Tree {
  size: number;
  root: Bytes;
  /** The tiles of rightEdge(size), each exactly as wide as in this tree. */
  edge: readonly Tile[];
}

/** The tree of `size` leaves out of its right edge; wider versions of the tiles will do. Its root is computed, not trusted. */
export function treeFromEdge(size: number, tiles: readonly Tile[]): Tree {
  const edge = tiles.map((tile) => sliceTile(tile, size));
  return { size, root: rootHash(size, readHashFrom(edge)), edge };
}

/** A tile that appending has made or made wider. */
export interface ChangedTile extends Tile {
  /** Hashes it had before; 0 if it is new. */
  oldWidth: number;
}

/** The tree with leaves appended, and the tiles that changed. A tile that becomes full gives one hash to the level above. */
export function appendLeaves(tree: Tree, leafHashes: readonly Bytes[]): { tree: Tree; changed: ChangedTile[] } {
  const size = tree.size + leafHashes.length;
  demandSize(size);
  if (leafHashes.some((hash) => hash.length !== HASH)) throw new RangeError(`a hash is ${HASH} bytes`);
  const changed: ChangedTile[] = [];
  const edge: Tile[] = [];
  let added = leafHashes;
  for (let level = 0; added.length > 0 || leavesPerHash(level) <= size; level++) {
    const open = tree.edge.find((tile) => tile.level === level)?.hashes ?? new Uint8Array(0);
    const firstTile = Math.floor(Math.floor(tree.size / leavesPerHash(level)) / WIDTH);
    const hashes = concat(open, ...added);
    const full: Bytes[] = [];
    for (let offset = 0; offset < hashes.length; offset += WIDTH * HASH) {
      const tile = { level, n: firstTile + offset / (WIDTH * HASH), hashes: hashes.slice(offset, offset + WIDTH * HASH) };
      if (tile.hashes.length === WIDTH * HASH) full.push(subtreeRoot(tile.hashes));
      else edge.push(tile);
      if (added.length > 0) changed.push({ ...tile, oldWidth: offset === 0 ? open.length / HASH : 0 });
    }
    added = full;
  }
  return { tree: { size, root: rootHash(size, readHashFrom(edge)), edge }, changed };
}

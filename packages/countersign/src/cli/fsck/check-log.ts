/**
 * The whole log of a deployment, made again from its leaves and compared with every tile and head it has, up to the first place
 * that is not as it must be. Where two rows contradict each other, a third one tells which: leaf and tile a head, a record and its
 * entry the tile.
 */
import { type Bytes, equal, hex } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { leafHash } from "../../tlog/merkle.ts";
import type { VerifierKey } from "../../tlog/note.ts";
import { Rederivation } from "../../tlog/rederive.ts";
import type { Tile } from "../../tlog/tile.ts";
import { CallBatches } from "./call-batches.ts";
import { checkLeaf, type Finding } from "./check-leaf.ts";
import type { LeafRow } from "./check-record.ts";
import type { Database } from "./database.ts";
import { RecordedKeys } from "./key-chain.ts";
import { type HeadRow, type LogRow, LogTables, type Page } from "./log-tables.ts";

/** A log in which everything fits. */
export interface SoundLog extends Omit<LogRow, "id"> {
  size: number;
  /** Hexadecimal. */
  root: string;
  heads: number;
  tiles: number;
  /** Leaves whose record has been erased. */
  erased: number;
  /** How many of these are noted as something else than for a person's erasure. */
  erasedOtherwise: number;
  /** Every key it had, oldest first. */
  keys: readonly VerifierKey[];
  /** By size, as far as asked for. */
  roots: ReadonlyMap<number, Bytes>;
}

export interface Wish {
  /** The sizes at which the root is asked for; those beyond the log have none. */
  rootsAt: readonly number[];
  /** Whether the database says why records are not there. */
  notesWithheld: boolean;
  /** How many leaves have been checked, of how many. */
  onProgress: (done: number, all: number) => void;
}

const bad = (place: string, message: string): Finding => ({ place, message });

/** Reads the log from its first leaf on. `log` is a row of this database. */
export async function checkLog(
  database: Database,
  log: LogRow,
  { rootsAt, notesWithheld, onProgress }: Wish,
): Promise<Result<SoundLog, Finding>> {
  const tables = new LogTables(database, log, notesWithheld);
  const newest = await tables.newestHead();
  if (newest === null) return refuse(bad("head 0", "the log has no head at all"));
  const walk = new Walk(tables, log, rootsAt);
  for (let first = 0; first < newest.size; first += database.pageLeaves) {
    const end = Math.min(newest.size, first + database.pageLeaves);
    const finding = await walk.through(await tables.page(first, end), { first, end });
    if (finding !== null) return refuse(finding);
    onProgress(end, newest.size);
  }
  const finding = await walk.end(database.isLive);
  return finding === null ? accept(walk.summary()) : refuse(finding);
}

class Walk {
  readonly #tables: LogTables;
  readonly #log: LogRow;
  readonly #roots: Map<number, Bytes | null>;
  readonly #keys = new RecordedKeys();
  readonly #calls = new CallBatches();
  readonly #tree = new Rederivation();
  #headSize = 0;
  #heads = 0;
  #erased = 0;
  #erasedOtherwise = 0;
  /** By level, those that are full. */
  readonly #fullTiles: number[] = [];

  constructor(tables: LogTables, log: LogRow, rootsAt: readonly number[]) {
    this.#tables = tables;
    this.#log = log;
    this.#roots = new Map(rootsAt.map((size) => [size, size === 0 ? this.#tree.root() : null]));
  }

  /** Goes on through the leaves from `first` to before `end`. */
  async through({ leaves, tiles, heads }: Page, { first, end }: { first: number; end: number }): Promise<Finding | null> {
    const headsBySize = new Map<number, HeadRow[]>();
    for (const head of heads) headsBySize.set(head.size, [...(headsBySize.get(head.size) ?? []), head]);
    for (let index = first; index < end; index++) {
      const leaf = leaves[index - first];
      if (leaf?.index !== index) return bad(`leaf ${index}`, "it is missing");
      const finding = await this.#takeLeaf(leaf, tiles.get(Math.floor(index / 256)));
      if (finding !== null) return finding;
      for (const head of headsBySize.get(index + 1) ?? []) {
        const headFinding = this.#takeHead(head);
        if (headFinding !== null) return headFinding;
      }
    }
    return null;
  }

  /** The next leaf, with the lowest tile that has its hash. */
  async #takeLeaf(leaf: LeafRow, stored: Bytes | undefined): Promise<Finding | null> {
    const { index } = leaf;
    const place = `tile 0/${Math.floor(index / 256)}`;
    if (stored === undefined) return bad(place, "it is missing");
    const start = (index % 256) * 32;
    const hashInTile = stored.subarray(start, start + 32);
    if (hashInTile.length < 32) return bad(place, `it ends before the hash of leaf ${index}`);

    const finding = checkLeaf(leaf, { origin: this.#log.origin, keys: this.#keys, calls: this.#calls }, hashInTile);
    if (finding !== null) return finding;
    const hash = leafHash(leaf.entry);
    if (!equal(hash, hashInTile)) return await this.#leafOrTile(index);
    if (leaf.record === null) this.#erased += 1;
    if (leaf.withheld === "reveal" || leaf.withheld === "earlier") this.#erasedOtherwise += 1;
    return await this.#append(hash, stored);
  }

  /** Appends, and compares the tiles that become full. */
  async #append(hash: Bytes, lowest: Bytes): Promise<Finding | null> {
    for (const tile of this.#tree.append(hash)) {
      const finding = tileFinding(tile, tile.level === 0 ? lowest : await this.#tables.tile(tile));
      if (finding !== null) return finding;
      this.#fullTiles[tile.level] = tile.n + 1;
    }
    const { size } = this.#tree;
    if (this.#roots.has(size)) this.#roots.set(size, this.#tree.root());
    return null;
  }

  #takeHead({ size, previousSize, root }: HeadRow): Finding | null {
    if (previousSize !== this.#headSize) {
      return bad(`head ${size}`, `it says that it follows the head of ${previousSize} leaves, and the one before it has ${this.#headSize}`);
    }
    if (!equal(root, this.#tree.root())) return bad(`head ${size}`, "its root is not that of its leaves, on which their tiles agree");
    this.#headSize = size;
    this.#heads += 1;
    return null;
  }

  /** Leaf and tile differ at `index`, where the leaf is in itself as it must be: whichever leads to the next head's root is right. */
  async #leafOrTile(index: number): Promise<Finding> {
    const n = Math.floor(index / 256);
    const head = await this.#tables.headAfter(index);
    const between = head === null ? null : await this.#hashesUpTo(index, head.size);
    const leadsToHead = (hashes: Bytes[]): boolean => {
      const tree = this.#tree.copy();
      for (const hash of hashes) tree.append(hash);
      return head !== null && equal(tree.root(), head.root);
    };
    if (between !== null && leadsToHead(between.ofLeaves)) {
      return bad(`tile 0/${n}`, `its hash ${index % 256} is not that of leaf ${index}, which head ${head?.size} bears out`);
    }
    if (between !== null && leadsToHead(between.inTiles)) {
      return bad(`leaf ${index}`, `another leaf was logged here: tile 0/${n} has its hash, and head ${head?.size} bears the tile out`);
    }
    return bad(`leaf ${index}`, `it is not the leaf whose hash is in tile 0/${n}, and no head bears out either of them`);
  }

  /** The hashes of the leaves from `index` to before `size`: by the leaves, and in the tiles. */
  async #hashesUpTo(index: number, size: number): Promise<{ ofLeaves: Bytes[]; inTiles: Bytes[] }> {
    const first = index - (index % 256);
    const { leaves, tiles } = await this.#tables.page(first, size);
    const inTiles = Array.from({ length: size - index }, (_, i) => {
      const [n, place] = [Math.floor((index + i) / 256), (index + i) % 256];
      return tiles.get(n)?.slice(place * 32, place * 32 + 32) ?? new Uint8Array(0);
    });
    return { ofLeaves: leaves.filter((leaf) => leaf.index >= index).map(({ entry }) => leafHash(entry)), inTiles };
  }

  /** What only the end of the log shows. One that is live may have grown since the walk began, and have more than was walked through. */
  async end(isLive: boolean): Promise<Finding | null> {
    const { size } = this.#tree;
    const open = this.#tree.openTiles();
    const { tiles, leafOutside, tileOutside, newestSize } = await this.#tables.end(size, open, this.#tilesByLevel(open));
    const grown = isLive && newestSize !== size;
    if (!grown && leafOutside !== null) return bad(`leaf ${leafOutside}`, `no head covers it: the newest one has ${size} leaves`);
    for (const [i, tile] of open.entries()) {
      const hashes = tiles[i] ?? null;
      const finding = tileFinding(tile, grown ? (hashes?.slice(0, tile.hashes.length) ?? null) : hashes);
      if (finding !== null) return finding;
    }
    if (grown || tileOutside === null) return null;
    return bad(`tile ${tileOutside.level}/${tileOutside.n}`, `a log of ${size} leaves has no such tile`);
  }

  #tilesByLevel(open: readonly Tile[]): number[] {
    const counts = [...this.#fullTiles];
    for (const { level, n } of open) counts[level] = n + 1;
    return counts;
  }

  summary(): SoundLog {
    const { origin, state } = this.#log;
    const { size } = this.#tree;
    return {
      origin,
      state,
      size,
      root: hex(this.#tree.root()),
      heads: this.#heads,
      tiles: this.#tilesByLevel(this.#tree.openTiles()).reduce((sum, count) => sum + count, 0),
      erased: this.#erased,
      erasedOtherwise: this.#erasedOtherwise,
      keys: this.#keys.all,
      roots: new Map([...this.#roots].flatMap(([at, root]) => (root === null ? [] : [[at, root] as const]))),
    };
  }
}

/** What is wrong with a stored tile in view of the one made from leaves; null if nothing is. */
function tileFinding({ level, n, hashes }: Tile, stored: Bytes | null): Finding | null {
  const place = `tile ${level}/${n}`;
  if (stored === null) return bad(place, "it is missing");
  for (let at = 0; at < hashes.length && at + 32 <= stored.length; at += 32) {
    if (!equal(hashes.subarray(at, at + 32), stored.subarray(at, at + 32))) {
      return bad(place, `its hash ${at / 32} is not that of the leaves under it`);
    }
  }
  const width = `${stored.length / 32} hashes instead of ${hashes.length / 32}`;
  return stored.length === hashes.length ? null : bad(place, `it has ${width}`);
}

/** Tiles and entry bundles as anybody may read them (C2SP tlog-tiles). The paths are tlog/tile-path.ts, HTTP is http/log/log-routes.ts. */
import { type Bytes, concat } from "#countersign/encoding/bytes.ts";
import { tileWidth } from "#countersign/tlog/tile.ts";
import { parseTilePath } from "#countersign/tlog/tile-path.ts";
import { headOf, type LogReader } from "./prove-leaves.ts";
import type { TransparencyLog } from "../transparency-log.ts";

export interface TileReader extends Pick<LogReader, "readTiles"> {
  /** The entries of `count` leaves from index `first` on, in order; fewer if there are fewer. */
  readEntries(first: number, count: number): Promise<Bytes[]>;
}

/**
 * The bytes of the tile or bundle at a path such as `tile/0/x001/067.p/8`; null if the path is none, or says more than the
 * newest signed checkpoint does. Throws if the log or the database does not answer, or lacks what is signed for.
 *
 * 1. The checkpoint comes first: nothing is shown that is not signed for. It is not asked to be newer than it is, so that
 *    what strangers ask for beyond it costs the database nothing.
 * 2. Tiles may have grown since. Their first hashes never change, so every width there ever was is served.
 */
export async function readTile(
  path: string,
  { log, reader }: { log: Pick<TransparencyLog, "checkpoint">; reader: TileReader },
): Promise<Bytes | null> {
  const asked = parseTilePath(path);
  if (asked === null) return null;
  const { of, tile, width } = asked;

  // 1.
  const { size } = headOf(await log.checkpoint());
  if (width > tileWidth(tile, size)) return null;

  // 2.
  if (of === "entries") {
    const entries = await reader.readEntries(tile.n * 256, width);
    if (entries.length !== width) throw new Error(`bundle ${tile.n} lacks leaves of a tree of ${size}`);
    return concat(...entries.flatMap((entry) => [bigEndian16(entry.length), entry]));
  }
  const [stored] = await reader.readTiles([tile]);
  const hashes = stored?.hashes.slice(0, width * 32);
  if (hashes?.length !== width * 32) throw new Error(`tile ${tile.level}/${tile.n} is narrower than a tree of ${size} leaves needs`);
  return hashes;
}

const bigEndian16 = (length: number): Bytes => Uint8Array.of(length >> 8, length & 0xff);

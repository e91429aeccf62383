/** The paths under which C2SP tlog-tiles are asked for, read strictly. Writing them is tile.ts; what may be served is gate/log/reading/log-tiles.ts. */
import type { TileAddress } from "./tile.ts";

/** A tile of hashes, or the bundle of entries under a tile of level 0, in one of its widths. */
export interface TilePath {
  of: "hashes" | "entries";
  /** A bundle's is the one of the tile with its leaf hashes, at level 0. Here a level may be up to 63. */
  tile: TileAddress;
  /** 1 to 256; full tiles have 256. */
  width: number;
}

const PATH = /^tile\/(?<level>entries|0|[1-9][0-9]?)\/(?<n>(?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/(?<width>[1-9][0-9]{0,2}))?$/;

/**
 * Reads `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (tlog-tiles, "Merkle Tree" and "Log Entries"): L 0 to 63, N in
 * groups of three digits of which all but the last begin with x, W 1 to 255. Null for anything not in its one spelling,
 * and for places that are not safe integers.
 */
export function parseTilePath(path: string): TilePath | null {
  const { level = "", n = "", width } = PATH.exec(path)?.groups ?? {};
  const place = Number(n.replaceAll(/[x/]/g, ""));
  if (n === "" || n.startsWith("x000") || !Number.isSafeInteger(place)) return null;
  if (Number(width) > 255 || Number(level) > 63) return null;
  return {
    of: level === "entries" ? "entries" : "hashes",
    tile: { level: level === "entries" ? 0 : Number(level), n: place },
    width: width === undefined ? 256 : Number(width),
  };
}

/** What proofs and tiles are made of, out of the tables of d1-migrations/0001: at the primary, or near. */
import { type TileAddress, tileWidth } from "#countersign/tlog/tile.ts";
import type { LogRecord } from "#countersign/documents/record.ts";
import type { ProofReader } from "#gate/log/reading/log-proofs.ts";
import type { LogReader } from "#gate/log/reading/prove-leaves.ts";
import type { StoredLeaf } from "#gate/log/transparency-log.ts";
import { atPrimary, type Reads } from "../near/near-reads.ts";

/** D1 gives blobs as lists of numbers. */
export type BlobColumn = number[] | ArrayBuffer;
export interface StoredRow {
  idx: number;
  entry: BlobColumn;
  record: string | null;
  salt: string | null;
}

/** Of the log whose origin line is the first parameter. */
export const LOG_ID = "(SELECT id FROM log WHERE origin = ?1)";

export const toLeaf = ({ idx, entry, record, salt }: StoredRow): StoredLeaf => ({
  index: idx,
  entry: new Uint8Array(entry),
  sealed: record === null || salt === null ? null : { record: JSON.parse(record) as LogRecord, salt },
});

/** What proofs and tiles of the log of that origin line are made of, at the primary. */
export const logReader = (d1: D1Database, origin: string): LogReader & ProofReader => readerThrough(atPrimary(d1), origin, () => 0);

/**
 * The same near, for what has been signed for: `size` is that of the newest checkpoint that the reader goes by, and what it covers is at
 * the primary where a replica lacks it; zero, as long as none is known, has everything read there. So has a search for a hash, which a
 * replica that is behind would not find.
 */
export function nearLogReader(near: Reads, d1: D1Database, origin: string, size: () => number): LogReader & ProofReader {
  const primary = atPrimary(d1);
  const reads: Reads = (work, isWhole) => (size() === 0 ? primary(work) : near(work, isWhole));
  return { ...readerThrough(reads, origin, size), findLeafHash: (...sought) => logReader(d1, origin).findLeafHash(...sought) };
}

const HASH = 32;
const keyOf = ({ level, n }: TileAddress): string => `${level}/${n}`;

function readerThrough(reads: Reads, origin: string, size: () => number): LogReader & ProofReader {
  return {
    async readTiles(addresses) {
      if (addresses.length === 0) return [];
      const wanted = JSON.stringify(addresses.map(({ level, n }) => [level, n]));
      const widths = (tiles: readonly { level: number; n: number; hashes: Uint8Array }[]) =>
        new Map(tiles.map((tile) => [keyOf(tile), tile.hashes.length / HASH]));
      return reads(
        async (session) => {
          const { results } = await session
            .prepare(
              `SELECT level, n, hashes FROM json_each(?2) AS wanted CROSS JOIN log_tile
               WHERE log_id = ${LOG_ID} AND level = wanted.value ->> 0 AND n = wanted.value ->> 1`,
            )
            .bind(origin, wanted)
            .all<{ level: number; n: number; hashes: BlobColumn }>();
          return results.map(({ level, n, hashes }) => ({ level, n, hashes: new Uint8Array(hashes) }));
        },
        (tiles) => addresses.every((address) => (widths(tiles).get(keyOf(address)) ?? 0) >= tileWidth(address, size())),
      );
    },

    async readLeaves(indices) {
      const rows = await reads(
        async (session) => {
          const query = session.prepare(
            `SELECT idx, entry, record, salt FROM json_each(?2) AS wanted CROSS JOIN log_leaf
             WHERE log_id = ${LOG_ID} AND idx = wanted.value`,
          );
          return (await query.bind(origin, JSON.stringify(indices)).all<StoredRow>()).results;
        },
        (found) => found.length === indices.length,
      );
      return rows.map(toLeaf);
    },

    async readEntries(first, count) {
      const rows = await reads(
        async (session) => {
          const query = session.prepare(`SELECT entry FROM log_leaf WHERE log_id = ${LOG_ID} AND idx >= ?2 AND idx < ?3 ORDER BY idx`);
          return (await query.bind(origin, first, first + count).all<{ entry: BlobColumn }>()).results;
        },
        (found) => found.length === count,
      );
      return rows.map(({ entry }) => new Uint8Array(entry));
    },

    findLeafHash: (hash, first, last) =>
      reads((session) =>
        session
          .prepare(
            `SELECT n * 256 + (instr(hashes, ?4) - 1) / 32 AS idx FROM log_tile
             WHERE log_id = ${LOG_ID} AND level = 0 AND n BETWEEN ?2 AND ?3 AND instr(hashes, ?4) % 32 = 1`,
          )
          .bind(origin, first, last, hash)
          .first<number>("idx"),
      ),
  };
}

/** The idempotency key of the leaf at an index of the log of that origin line; null if there is no such leaf. */
export const leafKey = (reads: Reads, origin: string, index: number): Promise<string | null> =>
  reads(
    (session) =>
      session.prepare(`SELECT idem FROM log_leaf WHERE log_id = ${LOG_ID} AND idx = ?2`).bind(origin, index).first<string>("idem"),
    (found) => found !== null,
  );

/** Where the leaves of those of these keys stand that there are, as `leafIndex` gives each. */
export async function leafIndices(d1: D1Database, origin: string, keys: readonly string[]): Promise<Map<string, number>> {
  const query = d1
    .withSession("first-primary")
    .prepare(`SELECT idem, idx FROM json_each(?2) AS wanted CROSS JOIN log_leaf WHERE log_id = ${LOG_ID} AND idem = wanted.value`);
  const { results } = await query.bind(origin, JSON.stringify(keys)).all<{ idem: string; idx: number }>();
  return new Map(results.map(({ idem, idx }) => [idem, idx]));
}

/** Where the leaf of that idempotency key stands in the log of that origin line, at the primary; null if it has none. */
export const leafIndex = (d1: D1Database, origin: string, key: string): Promise<number | null> =>
  d1
    .withSession("first-primary")
    .prepare(`SELECT idx FROM log_leaf WHERE log_id = ${LOG_ID} AND idem = ?2`)
    .bind(origin, key)
    .first<number>("idx");

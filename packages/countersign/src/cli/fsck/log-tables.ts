/** What the tables of a log hold, row by row (d1-migrations/0001). Only reading: what has to hold is check-log.ts. */
import type { Bytes } from "../../encoding/bytes.ts";
import { requestKey } from "../../documents/leaf-key.ts";
import type { TileAddress } from "../../tlog/tile.ts";
import type { LeafRow } from "./check-record.ts";
import { bytesOf, type Database, integerOf, type Row, textOf, textOrNullOf } from "./database.ts";

export interface LogRow {
  id: number;
  origin: string;
  state: string;
}

export interface HeadRow {
  size: number;
  previousSize: number;
  root: Bytes;
}

/** Leaves of some whole tiles of level 0, these tiles by their place, and the heads that end among the leaves. */
export interface Page {
  leaves: LeafRow[];
  tiles: Map<number, Bytes>;
  heads: HeadRow[];
}

/** Tiles and what is beyond a log; null where there is nothing. */
interface LogEnd {
  tiles: (Bytes | null)[];
  leafOutside: number | null;
  tileOutside: TileAddress | null;
  newestSize: number | null;
}

/** What the key of a request's last leaf ends with, after its 36 characters. */
const FINAL = requestKey("", "final");

/** The largest integer of SQLite. */
const MAX_ID = "9223372036854775807";

export async function readLogs(database: Database): Promise<LogRow[]> {
  const rows = await only(database, "SELECT id, origin, state FROM log ORDER BY id");
  return rows.map((row) => ({ id: integerOf(row, "id"), origin: textOf(row, "origin"), state: textOf(row, "state") }));
}

/** A log that has leaves, tiles or heads, and is not among these; null if there is none. */
export async function strayLog(database: Database, logs: readonly LogRow[]): Promise<number | null> {
  // As ranges, which the primary keys find without reading the tables.
  const ids = logs.map(({ id }) => id);
  const between = [...ids.keys()].map((i) => `(log_id > ${ids[i]} AND log_id < ${ids[i + 1] ?? MAX_ID})`);
  const isStray = [`log_id < ${ids[0] ?? MAX_ID}`, ...between].join(" OR ");
  const found = await database.read(
    ["log_leaf", "log_tile", "log_head"].map((table) => `SELECT log_id FROM ${table} WHERE ${isStray} LIMIT 1`),
  );
  const [row] = found.flat();
  return row === undefined ? null : integerOf(row, "log_id");
}

const HEAD = "SELECT size, previous_size, lower(hex(root)) AS root FROM log_head";

const toHead = (row: Row): HeadRow => ({
  size: integerOf(row, "size"),
  previousSize: integerOf(row, "previous_size"),
  root: bytesOf(row, "root"),
});

export class LogTables {
  readonly #database: Database;
  readonly #own: string;
  readonly #newestHead: string;
  readonly #withheld: string;

  /** `notesWithheld`: whether the database has the table that says why a record is not there (d1-migrations/0031). */
  constructor(database: Database, log: LogRow, notesWithheld: boolean) {
    this.#database = database;
    this.#own = `log_id = ${log.id}`;
    this.#withheld = notesWithheld ? withheldOf(log) : "NULL AS withheld_for, NULL AS erasure, NULL AS reason, 0 AS notes";
    this.#newestHead = `${HEAD} WHERE ${this.#own} ORDER BY size DESC LIMIT 1`;
  }

  #tile = ({ level, n }: TileAddress): string =>
    `SELECT hex(hashes) AS hashes FROM log_tile WHERE ${this.#own} AND level = ${level} AND n = ${n}`;

  async newestHead(): Promise<HeadRow | null> {
    const [row] = await only(this.#database, this.#newestHead);
    return row === undefined ? null : toHead(row);
  }

  /** The first head of more than `index` leaves. */
  async headAfter(index: number): Promise<HeadRow | null> {
    const [row] = await only(this.#database, `${HEAD} WHERE ${this.#own} AND size > ${index} ORDER BY size LIMIT 1`);
    return row === undefined ? null : toHead(row);
  }

  /** `first` and `end` are multiples of 256, or `end` is the size of the log. */
  async page(first: number, end: number): Promise<Page> {
    // The plus keeps SQLite from looking through all leaves before this one instead of finding those with its key.
    const [leaves = [], tiles = [], heads = []] = await this.#database.read([
      `SELECT leaf.idx, leaf.idem, hex(leaf.entry) AS entry, leaf.record, leaf.salt, final.idx AS final_idx, final.record AS final_record,
         ${this.#withheld},
         EXISTS (SELECT 1 FROM log_leaf AS other WHERE other.${this.#own} AND other.idem = leaf.idem AND +other.idx < leaf.idx) AS is_again
       FROM log_leaf AS leaf LEFT JOIN log_leaf AS final
         ON final.${this.#own} AND leaf.idem GLOB 'apr_*' AND leaf.idem NOT GLOB '*${FINAL}' AND final.idem = substr(leaf.idem, 1, 36) || '${FINAL}'
       WHERE leaf.${this.#own} AND leaf.idx >= ${first} AND leaf.idx < ${end} ORDER BY leaf.idx`,
      `SELECT n, hex(hashes) AS hashes FROM log_tile WHERE ${this.#own} AND level = 0 AND n >= ${first / 256} AND n < ${Math.ceil(end / 256)}`,
      `${HEAD} WHERE ${this.#own} AND size > ${first} AND size <= ${end} ORDER BY size`,
    ]);
    return {
      leaves: leaves.map(toLeaf),
      tiles: new Map(tiles.map((row) => [integerOf(row, "n"), bytesOf(row, "hashes")])),
      heads: heads.map(toHead),
    };
  }

  /** The hashes of a tile; null if there is none. */
  async tile(address: TileAddress): Promise<Bytes | null> {
    const [row] = await only(this.#database, this.#tile(address));
    return row === undefined ? null : bytesOf(row, "hashes");
  }

  /** What leaf 0 says, as it is stored; null if it says nothing. */
  async genesisRecord(): Promise<string | null> {
    const [row] = await only(this.#database, `SELECT record FROM log_leaf WHERE ${this.#own} AND idx = 0`);
    return row === undefined ? null : textOrNullOf(row, "record");
  }

  /**
   * What only the end of a log of `size` leaves shows: the hashes of its `open` tiles, null where there is none, and what is beyond
   * it, with so many tiles at each level. The newest head is read last: if it is that of `size` leaves, nothing of this is newer.
   */
  async end(size: number, open: readonly TileAddress[], counts: readonly number[]): Promise<LogEnd> {
    const within = counts.map((count, level) => `(level = ${level} AND n >= 0 AND n < ${count})`).join(" OR ");
    const found = await this.#database.read([
      ...open.map((tile) => this.#tile(tile)),
      `SELECT idx FROM log_leaf WHERE ${this.#own} AND (idx < 0 OR idx >= ${size}) ORDER BY idx LIMIT 1`,
      `SELECT level, n FROM log_tile WHERE ${this.#own} AND NOT (${within}) ORDER BY level, n LIMIT 1`,
      this.#newestHead,
    ]);
    const rows = found.map(([row]) => row);
    const [leaf, tile, head] = rows.slice(open.length);
    return {
      tiles: rows.slice(0, open.length).map((row) => (row === undefined ? null : bytesOf(row, "hashes"))),
      leafOutside: leaf === undefined ? null : integerOf(leaf, "idx"),
      tileOutside: tile === undefined ? null : { level: integerOf(tile, "level"), n: integerOf(tile, "n") },
      newestSize: head === undefined ? null : integerOf(head, "size"),
    };
  }
}

/** Looked up of what is not there alone. */
const withheldOf = ({ id }: LogRow): string => {
  const noted = (column: string) => `(SELECT ${column} FROM withheld_leaf WHERE log_id = ${id} AND idx = leaf.idx AND leaf.record IS NULL)`;
  const person = noted("person_id");
  const erasure = `EXISTS (SELECT 1 FROM log CROSS JOIN log_leaf AS of ON of.log_id = log.id AND of.idem = ${person} || ':erased')`;
  return `${person} AS withheld_for, ${erasure} AS erasure, ${noted("reason")} AS reason, 1 AS notes`;
};

function withheldIn(row: Row): LeafRow["withheld"] {
  if (integerOf(row, "notes") === 0) return "not noted";
  const [personId, reason] = [textOrNullOf(row, "withheld_for"), textOrNullOf(row, "reason")];
  if (personId !== null) return { personId, hasLeaf: row["erasure"] === 1 };
  return reason === "reveal" || reason === "earlier" ? reason : null;
}

const toLeaf = (row: Row): LeafRow => ({
  index: integerOf(row, "idx"),
  idem: textOf(row, "idem"),
  isAgain: integerOf(row, "is_again") === 1,
  entry: bytesOf(row, "entry"),
  record: textOrNullOf(row, "record"),
  salt: textOrNullOf(row, "salt"),
  withheld: withheldIn(row),
  final: row["final_idx"] === null ? null : { index: integerOf(row, "final_idx"), record: textOrNullOf(row, "final_record") },
});

async function only(database: Database, statement: string): Promise<Row[]> {
  const [rows = []] = await database.read([statement]);
  return rows;
}

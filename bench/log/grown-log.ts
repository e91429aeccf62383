/**
 * A log of any size without waiting for it: leaves, tiles and heads are put into the database of a service that is stopped, made
 * by the service's own code and accepted by its own triggers. The service then finds a log that goes on from what it has signed.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { leafEntry, type LogRecord, type RecordKind, type RecordOf } from "#countersign/documents/record.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { appendLeaves, rightEdge, type Tile, type Tree, treeFromEdge } from "#countersign/tlog/tile.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import { type ApprovalRecords, leavesLike } from "./log-leaves.ts";

/** As a busy log commits. */
const LEAVES_A_COMMIT = 16;
const COMMITS_A_TRANSACTION = 512;

/** The database that holds the log, among the files of a runtime's storage. */
function databaseIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  const found = files.map((name) => join(folder, name)).find((file) => has(file, "log_leaf"));
  if (found === undefined) throw new Error(`no log in ${folder}`);
  return found;
}

function has(file: string, table: string): boolean {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined;
  } finally {
    database.close();
  }
}

/** What the bench has to know of a log. */
export interface LogFile {
  origin: string;
  size: number;
  /** Of the whole database. */
  bytes: number;
  /** Those of the first approval. */
  records: ApprovalRecords;
}

export function readLog(folder: string): LogFile {
  const file = databaseIn(folder);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const log = database.prepare("SELECT origin, max(size) AS size FROM log JOIN log_head ON log_id = id").get();
    const { origin, size } = log as { origin: string; size: number };
    const first = database.prepare("SELECT record FROM log_leaf WHERE record ->> '$.kind' = ? ORDER BY idx LIMIT 1");
    const recordOf = <Kind extends RecordKind>(kind: Kind): RecordOf<Kind> => {
      const { record } = first.get(kind) as { record: string };
      const parsed = JSON.parse(record) as LogRecord;
      return parsed as RecordOf<Kind>;
    };
    const records = {
      approved: recordOf("approval.approved"),
      redeemed: recordOf("approval.redeemed"),
      succeeded: recordOf("call.succeeded"),
    };
    return { origin, size, bytes: statSync(file).size, records };
  } finally {
    database.close();
  }
}

/** Appends leaves of approvals like that one until the log of the stopped service has so many. */
export function growLog(folder: string, size: number, records: ApprovalRecords): void {
  const database = new DatabaseSync(databaseIn(folder));
  try {
    database.exec("PRAGMA synchronous = OFF");
    const append = appender(database, leavesLike(records));
    let tree = treeIn(database);
    while (tree.size < size) {
      database.exec("BEGIN");
      for (let commits = 0; commits < COMMITS_A_TRANSACTION && tree.size < size; commits++) {
        tree = append(tree, Math.min(LEAVES_A_COMMIT, size - tree.size));
      }
      database.exec("COMMIT");
    }
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

function treeIn(database: DatabaseSync): Tree {
  const { size } = database.prepare("SELECT max(size) AS size FROM log_head").get() as { size: number };
  const tile = database.prepare("SELECT level, n, hashes FROM log_tile WHERE level = ? AND n = ?");
  const edge = rightEdge(size).map(({ level, n }) => tile.get(level, n) as { level: number; n: number; hashes: Uint8Array });
  return treeFromEdge(
    size,
    edge.map(({ hashes, ...address }): Tile => ({ ...address, hashes: new Uint8Array(hashes) })),
  );
}

/** The statements of storage/log/log-store.ts, prepared once. */
function appender(database: DatabaseSync, leaves: Generator<Leaf, never>): (tree: Tree, count: number) => Tree {
  const { id } = database.prepare("SELECT id FROM log").get() as { id: number };
  const insertLeaf = database.prepare("INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt) VALUES (?, ?, ?, ?, ?, ?)");
  const insertTile = database.prepare("INSERT INTO log_tile (log_id, level, n, hashes) VALUES (?, ?, ?, ?)");
  const updateTile = database.prepare("UPDATE log_tile SET hashes = ? WHERE log_id = ? AND level = ? AND n = ?");
  const insertHead = database.prepare("INSERT INTO log_head (log_id, size, previous_size, root, at) VALUES (?, ?, ?, ?, ?)");
  const at = new Date().toISOString();

  return (tree, count) => {
    const hashes = Array.from({ length: count }, (_, i) => {
      const { idem, sealed } = leaves.next().value;
      const entry = leafEntry(sealed.record, sealed.salt);
      insertLeaf.run(id, tree.size + i, idem, entry, canonicalize(sealed.record), sealed.salt);
      return leafHash(entry);
    });
    const next = appendLeaves(tree, hashes);
    for (const { level, n, hashes: bytes, oldWidth } of next.changed) {
      if (oldWidth === 0) insertTile.run(id, level, n, bytes);
      else updateTile.run(bytes, id, level, n);
    }
    insertHead.run(id, next.tree.size, tree.size, next.tree.root, at);
    return next.tree;
  };
}

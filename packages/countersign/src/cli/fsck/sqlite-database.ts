/** A database in a file: SQLite's own format, or the SQL that `wrangler d1 export` writes. */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { STANDING_TABLES } from "./check-standing.ts";
import { type Database, UnreadableDatabase } from "./database.ts";

const MAGIC = "SQLite format 3\u0000";
/** Where a backup puts long texts together before they come to their rows (scripts/backup/short-statements.mjs). */
const LONG_TEXTS = "restored_text";
const TABLES = ["log", "log_leaf", "log_tile", "log_head", "withheld_leaf", LONG_TEXTS, ...STANDING_TABLES];

const isSqlite = (file: string): boolean => {
  const start = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, start);
  } finally {
    closeSync(descriptor);
  }
  return start.toString("latin1") === MAGIC;
};

/** Loaded by those who need it and by no other: older versions of Node have none, or say that it is experimental. */
async function loadSqlite(): Promise<typeof DatabaseSync> {
  try {
    return (await import("node:sqlite")).DatabaseSync;
  } catch (error) {
    const message = `reading a database takes Node 22.13 or newer, and this is ${process.versions.node}`;
    throw new UnreadableDatabase(message, { cause: error });
  }
}

/** Opens it as it is now. Throws an UnreadableDatabase, or what the file system says. */
export async function openFile(file: string): Promise<Database> {
  const Sqlite = await loadSqlite();
  const sqlite = isSqlite(file) ? new Sqlite(file, { readOnly: true }) : await load(file, Sqlite);
  // One transaction, so that all reads are of one moment, whatever a service does meanwhile.
  sqlite.exec("BEGIN");
  return {
    pageLeaves: 1_024,
    isLive: false,
    read: (statements) => Promise.resolve(statements.map((statement) => sqlite.prepare(statement).all())),
    close: () => sqlite.close(),
  };
}

/**
 * The tables that matter, in memory or wherever SQLite keeps a temporary database, without any constraint or trigger: what an
 * export holds is judged later, not refused here.
 */
async function load(file: string, Sqlite: typeof DatabaseSync): Promise<DatabaseSync> {
  const sqlite = new Sqlite("");
  sqlite.exec("PRAGMA cache_size = -65536; BEGIN");
  const loaded = new Set<string>();
  for await (const statement of statementsOf(file)) {
    const created = /^CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?\s*\(/.exec(statement)?.[1] ?? "";
    const filled = /^INSERT INTO "?(\w+)"?[\s(]/.exec(statement)?.[1] ?? "";
    if (TABLES.includes(created)) {
      sqlite.exec(`CREATE TABLE ${created} (${columnsOf(new Sqlite(":memory:"), created, statement)})`);
      loaded.add(created);
    } else if (loaded.has(filled) || isOfLongTexts(statement)) sqlite.exec(statement);
  }
  if (loaded.has("log_leaf")) {
    sqlite.exec("CREATE INDEX leaf_by_index ON log_leaf (log_id, idx); CREATE INDEX leaf_by_key ON log_leaf (log_id, idem)");
    sqlite.exec("CREATE INDEX tile_by_place ON log_tile (log_id, level, n); CREATE INDEX head_by_size ON log_head (log_id, size)");
  }
  if (loaded.has("withheld_leaf")) sqlite.exec("CREATE INDEX withheld_by_index ON withheld_leaf (log_id, idx)");
  sqlite.exec("COMMIT");
  return sqlite;
}

const isOfLongTexts = (statement: string): boolean => /^(?:UPDATE|DELETE FROM) (\w+)/.exec(statement)?.[1] === LONG_TEXTS;

/** The names of the columns of the table `name` that `statement` makes, and nothing else of it. */
function columnsOf(scratch: DatabaseSync, name: string, statement: string): string {
  scratch.exec(statement);
  const columns = scratch.prepare(`SELECT name FROM pragma_table_info('${name}')`).all();
  scratch.close();
  return columns.map((column) => `"${String(column["name"])}"`).join(", ");
}

/** Lines by their newlines alone: text may hold whatever else passes for one. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(file, "utf8")) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}

/** The statements of a file of SQL, without the semicolon. Those of a trigger's body come by themselves. */
async function* statementsOf(file: string): AsyncGenerator<string> {
  let statement = "";
  let isInText = false;
  for await (const line of linesOf(file)) {
    let from = 0;
    for (const { 0: token, index } of line.matchAll(/'|;|--/g)) {
      if (token === "'") isInText = !isInText;
      if (isInText || token === "'") continue;
      statement += line.slice(from, index);
      from = token === ";" ? index + 1 : line.length;
      if (token === "--") break;
      yield statement.trimStart();
      statement = "";
    }
    statement += `${line.slice(from)}\n`;
  }
  if (statement.trim() !== "")
    throw new UnreadableDatabase("it is neither an SQLite database nor a whole export: it ends within a statement");
}

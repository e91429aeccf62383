/**
 * Code is rolled back, tables are not: what earlier versions have stored and would store again, on the tables of now. Taken from the states
 * that those versions left (test/kept-state). It shows that no migration takes away what their statements name, or refuses the rows that
 * they write; triggers and foreign keys are left out, since they rest on the order in which rows come, and so is their code, which is gone.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keptStates, unpack } from "#test/support/kept-state.ts";

type Row = Record<string, null | number | bigint | string | Uint8Array>;
interface Table {
  name: string;
  /** Those that are written. */
  columns: string[];
  rows: Row[];
}

const MIGRATIONS = fileURLToPath(new URL("../../../d1-migrations", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "countersign-rollback-"));
afterAll(() => rmSync(folder, { recursive: true }));

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const columnsOf = (database: DatabaseSync, table: string): string[] =>
  database
    .prepare(`PRAGMA table_xinfo(${quoted(table)})`)
    .all()
    // Those that are computed are written by nobody.
    .flatMap(({ name, hidden }) => (hidden === 0 ? [String(name)] : []));

/** The ordinary tables, not those of the platform. */
function tablesOf(database: DatabaseSync): string[] {
  const all = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all();
  const searched = all.filter(({ sql }) => /^CREATE VIRTUAL/i.test(String(sql))).map(({ name }) => String(name));
  const isOurs = (name: string) =>
    !/^(?:sqlite_|_cf_|d1_)/.test(name) && !searched.some((one) => name === one || name.startsWith(`${one}_`));
  return all.map(({ name }) => String(name)).filter(isOurs);
}

/** The tables of the database with the log, as that version left them. */
function tablesLeft(name: string): Table[] {
  const { stateDir } = unpack(name, join(folder, name));
  const d1 = join(stateDir, "v3", "d1", "miniflare-D1DatabaseObject");
  for (const file of readdirSync(d1).filter((one) => /^[0-9a-f]{64}\.sqlite$/.test(one))) {
    const database = new DatabaseSync(join(d1, file));
    try {
      const tables = tablesOf(database);
      if (!tables.includes("person")) continue;
      return tables.map((table) => ({
        name: table,
        columns: columnsOf(database, table),
        rows: database.prepare(`SELECT * FROM ${quoted(table)}`).all() as Row[],
      }));
    } finally {
      database.close();
    }
  }
  throw new Error(`${name} has no database of people`);
}

/** What the tables of now, with `more` made of them, would refuse of an earlier version's statements and rows. */
function refusedOf(tables: readonly Table[], more = ""): string[] {
  const now = new DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
  try {
    for (const file of readdirSync(MIGRATIONS)
      .filter((one) => one.endsWith(".sql"))
      .toSorted())
      now.exec(readFileSync(join(MIGRATIONS, file), "utf8"));
    now.exec("PRAGMA foreign_keys = OFF");
    now.exec(more);
    for (const { name } of now.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all())
      now.exec(`DROP TRIGGER ${quoted(String(name))}`);
    return tables.flatMap(({ name, columns, rows }) => {
      const list = columns.map(quoted).join(", ");
      try {
        now.exec(`DELETE FROM ${quoted(name)}`);
        const insert = now.prepare(`INSERT INTO ${quoted(name)} (${list}) VALUES (${columns.map(() => "?").join(", ")})`);
        for (const row of rows) insert.run(...columns.map((column) => row[column] ?? null));
        const read = now.prepare(`SELECT ${list} FROM ${quoted(name)}`).all();
        return read.length === rows.length ? [] : [`${name}: ${read.length} rows of ${rows.length}`];
      } catch (error) {
        return [`${name}: ${String(error)}`];
      }
    });
  } finally {
    now.close();
  }
}

describe.each(keptStates())("the version that left %s", (name) => {
  let tables: Table[];
  beforeAll(() => {
    tables = tablesLeft(name);
  });

  it("finds every table and column that it knows, and may write every row again that it wrote", () => {
    expect(tables.filter(({ rows }) => rows.length > 0).length).toBeGreaterThan(8);
    expect(refusedOf(tables)).toEqual([]);
  });

  it.each([
    ["a column is gone", "ALTER TABLE person DROP COLUMN display_name", /^person: .*display_name/],
    ["a table is gone", "PRAGMA foreign_keys = OFF; DROP TABLE log_leaf", /^log_leaf: .*no such table/],
    [
      "a column is new and must be given",
      "CREATE TABLE p2 AS SELECT * FROM agent; DROP TABLE agent; CREATE TABLE agent (id TEXT, must TEXT NOT NULL)",
      /^agent: /,
    ],
    ["something has to be unique that was not", "CREATE UNIQUE INDEX one_decision ON approval (agent_id)", /^approval: .*UNIQUE/],
  ])("would be missed where %s", (_, more, said) => {
    expect(refusedOf(tables, more).join("\n")).toMatch(said);
  });
});

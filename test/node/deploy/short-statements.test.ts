/** An export whose rows are longer than a statement may be, made so that D1 takes it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { shortLines } from "../../../scripts/backup/short-statements.mjs";

const folder = mkdtempSync(join(tmpdir(), "countersign-statements-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MADE = `CREATE TABLE kept (id TEXT PRIMARY KEY, text TEXT, bytes BLOB, other TEXT NOT NULL CHECK (other <> '')); -- somebody's`;
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

test("long rows come back as they were, and no statement is longer than D1 takes", async () => {
  const rows = [
    ["a", "short; it's\nINSERT INTO kept", "00", "x"],
    ["b", `${"it''s 😀\n".repeat(9_000)};`, "ff".repeat(2_000), `${"😀".repeat(30_000)}'`],
    ["c", "y".repeat(150_000), "", "'".repeat(70_000)],
  ] as const;
  const inserts = rows.map(
    ([id, text, hex, other]) => `INSERT INTO "kept" VALUES(${quoted(id)},${quoted(text)},X'${hex}',${quoted(other)});`,
  );
  const file = join(folder, "export.sql");
  writeFileSync(file, ["PRAGMA defer_foreign_keys=TRUE;", MADE, ...inserts, ""].join("\n"));
  const sqlite = new DatabaseSync(":memory:");
  for await (const statement of shortLines(file)) {
    expect(Buffer.byteLength(statement)).toBeLessThan(100_000);
    sqlite.exec(statement);
  }
  const found = sqlite.prepare("SELECT id, text, lower(hex(bytes)) AS hex, other FROM kept ORDER BY id").all();
  expect(found.map(({ id, text, hex, other }) => [id, text, hex, other])).toEqual(rows);
  expect(sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([{ name: "kept" }]);
  sqlite.close();
});

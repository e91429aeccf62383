/** Databases with something wrong in them, for what has to find it. */
import { copyFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A copy of a database with a change in it that no trigger and no constraint of the original would have allowed. */
export function damaged(original: string, copy: string, damage: (sqlite: DatabaseSync) => void): string {
  const begun = withoutTriggers(original, dirname(copy));
  rmSync(copy, { force: true });
  copyFileSync(begun, copy);
  const sqlite = new DatabaseSync(copy);
  sqlite.exec("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF");
  damage(sqlite);
  sqlite.close();
  return copy;
}

/** When an original was written, by the copy that was made of it then. */
const copiedAt = new Map<string, string>();

/** The database without its triggers, copied once into that folder as long as nobody writes to it: one original is damaged a hundred times. */
function withoutTriggers(original: string, folder: string): string {
  const copy = join(folder, `${basename(original)}-without-triggers`);
  const written = [original, `${original}-wal`]
    .map((file) => String(statSync(file, { bigint: true, throwIfNoEntry: false })?.mtimeNs))
    .join();
  if (copiedAt.get(copy) === `${original} ${written}`) return copy;
  rmSync(copy, { force: true });
  const source = new DatabaseSync(original);
  // Unlike a copy of the file, with what is still in its write-ahead log.
  source.prepare("VACUUM INTO ?").run(copy);
  source.close();
  const sqlite = new DatabaseSync(copy);
  const triggers = sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all();
  sqlite.exec(`BEGIN; ${triggers.map(({ name }) => `DROP TRIGGER "${String(name)}";`).join(" ")} COMMIT`);
  sqlite.close();
  copiedAt.set(copy, `${original} ${written}`);
  return copy;
}

/** Runs a change; throws if there was nothing to change. */
export function change(sqlite: DatabaseSync, sql: string, ...values: (string | number | Uint8Array)[]): void {
  if (sqlite.prepare(sql).run(...values).changes === 0) throw new Error(`changed nothing: ${sql}`);
}

/** Changes one byte of a blob. */
export function flip(sqlite: DatabaseSync, place: { table: string; column: string; where: string; byte: number }): void {
  const { table, column, where, byte } = place;
  const row = sqlite.prepare(`SELECT ${column} AS bytes FROM ${table} WHERE ${where}`).get();
  const bytes = Uint8Array.from(row?.["bytes"] as Uint8Array);
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  change(sqlite, `UPDATE ${table} SET ${column} = ? WHERE ${where}`, bytes);
}

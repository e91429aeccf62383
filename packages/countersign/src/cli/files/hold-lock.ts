/** One process at a time: a lock that ends with the process, however it ends. */
import { DatabaseSync } from "node:sqlite";

/** SQLITE_BUSY. */
const IS_HELD = 5;

/**
 * Locks `FILE.lock` for as long as this process lives, or until the answer is called; null if another process holds it. SQLite
 * does it, because Node itself offers no lock that the system takes back from a process that was killed.
 */
export function holdLock(file: string): (() => void) | null {
  const database = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return () => database.close();
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === IS_HELD) return null;
    throw error;
  }
}

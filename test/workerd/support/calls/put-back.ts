/** What an agent's object has stored, and putting it back. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { activityOf } from "./agent-calls.ts";

type Rows = Record<string, SqlStorageValue>[];
export interface StoredCalls {
  state: unknown;
  tables: Record<string, Rows>;
  /** Left out: nothing of its past. */
  past?: { state: unknown; rows: Rows } | undefined;
}

const TABLES = ["call", "joined", "spent"];
/** Nothing is there. */
export const LOST: StoredCalls = { state: undefined, tables: { call: [], joined: [], spent: [] } };

const isMade = ({ sql }: DurableObjectStorage, table: string): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray().length > 0;

export const storedCalls = (agent: Pick<Agent, "id">): Promise<StoredCalls> =>
  runInDurableObject(activityOf(agent), (_, { storage }) => {
    const made = isMade(storage, "spent");
    const rowsOf = (table: string): Rows => (made ? storage.sql.exec(`SELECT * FROM ${table}`).toArray() : []);
    const state = storage.kv.get("past");
    const past = state === undefined ? undefined : { state, rows: storage.sql.exec("SELECT * FROM past").toArray() };
    return { state: storage.kv.get("calls"), tables: Object.fromEntries(TABLES.map((table) => [table, rowsOf(table)])), past };
  });

function putRows({ sql }: DurableObjectStorage, table: string, rows: Rows): void {
  sql.exec(`DELETE FROM ${table}`);
  for (const row of rows) {
    const marks = Object.keys(row).map(() => "?");
    sql.exec(`INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${marks.join()})`, ...Object.values(row));
  }
}

/** All that is there is as it was then; nothing of it is in memory. */
export async function putBack(agent: Pick<Agent, "id">, { state, tables, past }: StoredCalls): Promise<void> {
  await runInDurableObject(activityOf(agent), (_, { storage }) => {
    storage.transactionSync(() => {
      if (state === undefined) storage.kv.delete("calls");
      else storage.kv.put("calls", state);
      if (past === undefined) storage.kv.delete("past");
      else storage.kv.put("past", past.state);
      for (const [table, rows] of isMade(storage, "spent") ? Object.entries(tables) : []) putRows(storage, table, rows);
      if (isMade(storage, "past")) putRows(storage, "past", past?.rows ?? []);
    });
  });
  await evictDurableObject(activityOf(agent)).catch(() => undefined);
}

/** What an agent's object has stored, and putting it back. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { activityOf } from "./agent-calls.ts";

type Rows = Record<string, SqlStorageValue>[];
export interface StoredCalls {
  state: unknown;
  tables: Record<string, Rows>;
}

const TABLES = ["call", "joined", "spent"];

export const storedCalls = (agent: Pick<Agent, "id">): Promise<StoredCalls> =>
  runInDurableObject(activityOf(agent), (_, { storage }) => {
    const made = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'spent'").toArray().length > 0;
    const rowsOf = (table: string): Rows => (made ? storage.sql.exec(`SELECT * FROM ${table}`).toArray() : []);
    return { state: storage.kv.get("calls"), tables: Object.fromEntries(TABLES.map((table) => [table, rowsOf(table)])) };
  });

/** All that is there is as it was then; nothing of it is in memory. */
export async function putBack(agent: Pick<Agent, "id">, { state, tables }: StoredCalls): Promise<void> {
  await runInDurableObject(activityOf(agent), (_, { storage }) => {
    storage.transactionSync(() => {
      if (state === undefined) storage.kv.delete("calls");
      else storage.kv.put("calls", state);
      const made = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'spent'").toArray().length > 0;
      for (const [table, rows] of made ? Object.entries(tables) : []) {
        storage.sql.exec(`DELETE FROM ${table}`);
        for (const row of rows)
          storage.sql.exec(
            `INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.keys(row)
              .map(() => "?")
              .join()})`,
            ...Object.values(row),
          );
      }
    });
  });
  await evictDurableObject(activityOf(agent)).catch(() => undefined);
}

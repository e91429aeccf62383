/** Where security is decided: reads that go to D1's primary, so that a revocation is seen at once. */
import { type Column, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

/** The database in a session: drizzle uses `prepare` and `batch` only, which that has too. */
export const inSession = (session: Pick<D1Database, "prepare" | "batch">): DrizzleD1Database => drizzle(session as D1Database);

/** The database in a session that starts at the primary. */
export const primary = (d1: D1Database): DrizzleD1Database => inSession(d1.withSession("first-primary"));

/** Resolves if the primary answers and has its tables. Reads one row at most. */
export async function databaseAnswers(d1: D1Database): Promise<void> {
  await d1.withSession("first-primary").prepare("SELECT 1 FROM log LIMIT 1").all();
}

/** Whether a column holds one of `values`: one bound parameter however many they are, since D1 allows a hundred. */
export const isOneOf = (column: Column, values: readonly string[]) =>
  sql`${column} in (select value from json_each(${JSON.stringify(values)}))`;

/** Where security is decided: reads that go to D1's primary, so that a revocation is seen at once. */
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

/** The database in a session that starts at the primary. */
export function primary(d1: D1Database): DrizzleD1Database {
  // drizzle uses `prepare` and `batch` only, which a session has too.
  const queries: Pick<D1Database, "prepare" | "batch"> = d1.withSession("first-primary");
  return drizzle(queries as D1Database);
}

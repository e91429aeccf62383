/** The record with many entries and calls, put there and listed by the service's own code, for bench/audit/audit.ts. */
import { type EntryQuery, listEntries } from "#storage/audit/entries.ts";
import { putCalls, putEntries } from "#test/workerd/support/audit/put-entries.ts";

interface Env {
  AUDIT: D1Database;
}

interface Spent {
  ms: number;
  rows: number;
}

/** A database that says how long its statements took, and what they read. */
function measured(audit: D1Database, spent: Spent): D1Database {
  return new Proxy(audit, {
    get(target, name) {
      if (name !== "withSession") return Reflect.get(target, name) as unknown;
      return (constraint: string) => {
        const session = target.withSession(constraint);
        return {
          prepare: (sql: string) => session.prepare(sql),
          async batch(statements: D1PreparedStatement[]) {
            const results = await session.batch(statements);
            for (const { meta } of results) {
              spent.ms += meta.duration;
              spent.rows += meta.rows_read;
            }
            return results;
          },
        };
      };
    },
  });
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/put") {
      const [first, count] = [Number(searchParams.get("first")), Number(searchParams.get("count"))];
      await putEntries(env.AUDIT, count, first);
      await putCalls(env.AUDIT, count, first);
      return Response.json({});
    }
    const { query, beyond } = await request.json<{ query: Partial<EntryQuery>; beyond: number | null }>();
    const spent: Spent = { ms: 0, rows: 0 };
    const audit = measured(env.AUDIT, spent);
    const found = await listEntries(audit, { readsActions: true, ...query }, { beyond, most: 51, order: "newest-first" });
    return Response.json({ ...spent, found: found.length });
  },
} satisfies ExportedHandler<Env>;

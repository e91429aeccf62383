/** D1 put back in time, as `wrangler d1 time-travel restore` does: every row of every table, past all triggers. */
import { env } from "cloudflare:workers";

const run = (statements: string[]) => env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));

async function schema(type: "table" | "trigger"): Promise<{ name: string; sql: string }[]> {
  const named = "name NOT LIKE 'sqlite_%' AND name NOT LIKE 'd1_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'kept%'";
  const query = env.DB.prepare(`SELECT name, sql FROM sqlite_master WHERE type = ? AND ${named}`).bind(type);
  return (await query.all<{ name: string; sql: string }>()).results;
}

/** Every column of a table but those that it makes of others, which nothing can be written to. */
async function columnsOf(table: string): Promise<string> {
  const { results } = await env.DB.prepare("SELECT name FROM pragma_table_info(?)").bind(table).all<{ name: string }>();
  return results.map(({ name }) => `"${name}"`).join(", ");
}

let backups = 0;

/** Keeps all of it as it is now; gives how to put it back, once. */
export async function backup(): Promise<() => Promise<void>> {
  const kept = `kept${++backups}_`;
  const named = (await schema("table")).map(({ name }) => name);
  const tables = await Promise.all(named.map(async (table) => ({ table, columns: await columnsOf(table) })));
  await run(tables.map(({ table, columns }) => `CREATE TABLE ${kept}${table} AS SELECT ${columns} FROM ${table}`));
  return async () => {
    const triggers = await schema("trigger");
    await run([
      "PRAGMA defer_foreign_keys = true",
      ...triggers.map(({ name }) => `DROP TRIGGER ${name}`),
      ...tables.flatMap(({ table, columns }) => [
        `DELETE FROM ${table}`,
        `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${kept}${table}`,
        `DROP TABLE ${kept}${table}`,
      ]),
      ...triggers.map(({ sql }) => sql),
    ]);
  };
}

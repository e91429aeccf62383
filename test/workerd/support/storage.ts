/** Storage between tests, and between files, which share a runtime. */
import { listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Empties D1 and every Durable Object, and makes the tables again. */
export async function emptyStorage(): Promise<void> {
  // `reset` passes by what sleeps, as all does after ten idle seconds: the database would keep its rows, and the log what it has signed.
  do {
    await wake();
    await reset();
  } while (await hasTables());
  await makeTables();
}

async function wake(): Promise<void> {
  await hasTables();
  const namespace: unknown = env.LOG_SEQUENCER;
  const logs = namespace as DurableObjectNamespace;
  for (const id of await listDurableObjectIds(logs)) await runInDurableObject(logs.get(id), () => undefined);
}

const hasTables = async (): Promise<boolean> =>
  (await env.DB.prepare("SELECT 1 FROM sqlite_master WHERE name = 'log_leaf'").first()) !== null;

/** What the migrations have made, as one text. */
let made: string | null = null;

/**
 * Applies all of d1-migrations/ to an empty database, each file as one statement; from then on makes at once what they had made, since
 * this is done a thousand times.
 */
export async function makeTables(): Promise<void> {
  await makeAuditTables();
  if (made !== null) return void (await env.DB.prepare(made).run());
  await env.DB.batch(env.TEST_MIGRATIONS.map(({ queries }) => env.DB.prepare(queries.join(";\n"))));
  made = await textOfTables();
}

/** Of the record of calls. What `reset` has passed by is emptied. */
async function makeAuditTables(): Promise<void> {
  const there = await env.AUDIT.prepare("SELECT 1 FROM sqlite_master WHERE name = 'call'").first();
  const queries = there === null ? env.TEST_AUDIT_MIGRATIONS.flatMap((migration) => migration.queries) : EMPTIED;
  await env.AUDIT.batch(queries.map((query) => env.AUDIT.prepare(query)));
}

const EMPTIED = [
  ...["batch", "call", "content", "words", "copied_log", "entry", "entry_words"].map((table) => `DELETE FROM ${table}`),
  "UPDATE sweep SET reached = 0",
];

/** Every table, index and trigger in the order in which they can be made, and before the triggers every row. */
async function textOfTables(): Promise<string> {
  const own = "sql IS NOT NULL AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'";
  const { results } = await env.DB.prepare(
    `SELECT type, name, sql FROM sqlite_master WHERE ${own} ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid`,
  ).all<{ type: string; name: string; sql: string }>();
  const all = { tables: results.filter(({ type }) => type !== "trigger"), triggers: results.filter(({ type }) => type === "trigger") };
  const rows = await Promise.all(all.tables.filter(({ type }) => type === "table").map(({ name }) => insertsInto(name)));
  return [...all.tables.map(({ sql }) => sql), ...rows.flat(), ...all.triggers.map(({ sql }) => sql)].join(";\n");
}

async function insertsInto(table: string): Promise<string[]> {
  const columns = await env.DB.prepare("SELECT group_concat('quote(' || name || ')', ' || '','' || ') AS text FROM pragma_table_info(?)")
    .bind(table)
    .first<string>("text");
  const { results } = await env.DB.prepare(`SELECT ${columns} AS text FROM ${table}`).all<{ text: string }>();
  return results.map(({ text }) => `INSERT INTO ${table} VALUES (${text})`);
}

/** Durable Objects as `cloudflare:test` wants them: bindings type them by what callers may do, which is less. */
export const objectOf = (stub: Pick<Fetcher, "fetch">): DurableObjectStub => stub as DurableObjectStub;

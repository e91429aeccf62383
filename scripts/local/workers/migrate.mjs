/** Applies migrations as `wrangler d1 migrations apply` does, and keeps account of them in the same table. Runs in workerd. */

const TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

async function apply({ name, sql }, database) {
  try {
    // Both or neither: a batch is one transaction.
    await database.batch([database.prepare(sql), database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name)]);
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
}

export default {
  async fetch(request, env) {
    try {
      await env.DB.prepare(TABLE).run();
      const { results } = await env.DB.prepare("SELECT name FROM d1_migrations").all();
      const applied = new Set(results.map(({ name }) => name));
      for (const migration of await request.json()) if (!applied.has(migration.name)) await apply(migration, env.DB);
      return new Response(null, { status: 204 });
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};

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

/** Applies all of d1-migrations/ to an empty database, in one trip, each file as one statement: this is done a thousand times. */
export async function makeTables(): Promise<void> {
  await env.DB.batch(env.TEST_MIGRATIONS.map(({ queries }) => env.DB.prepare(queries.join(";\n"))));
}

/** Durable Objects as `cloudflare:test` wants them: bindings type them by what callers may do, which is less. */
export const objectOf = (stub: Pick<Fetcher, "fetch">): DurableObjectStub => stub as DurableObjectStub;

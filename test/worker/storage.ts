/** Storage between the tests of one file; between files it is separate anyway. */
import { applyD1Migrations, listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Empties D1 and every Durable Object, and makes the tables again. */
export async function emptyStorage(): Promise<void> {
  // `reset` passes by what sleeps, and a log that slept would remember what it has signed.
  const namespace: unknown = env.LOG_SEQUENCER;
  const logs = namespace as DurableObjectNamespace;
  for (const id of await listDurableObjectIds(logs)) await runInDurableObject(logs.get(id), () => undefined);
  await reset();
  await makeTables();
}

/** Applies what is not applied yet of d1-migrations/. */
export const makeTables = (): Promise<void> => applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

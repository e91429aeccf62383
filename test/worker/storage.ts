/** Storage between the tests of one file; between files it is separate anyway. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Empties D1 and every Durable Object, and makes the tables again. */
export async function emptyStorage(): Promise<void> {
  await reset();
  await makeTables();
}

/** Applies what is not applied yet of d1-migrations/. */
export const makeTables = (): Promise<void> => applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

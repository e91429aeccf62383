/** The statements of an effect, for the D1 batch of its leaf. Constraints refuse what must not happen; nothing is checked here. */
import { drizzle } from "drizzle-orm/d1";
import { and, eq, isNull, lt } from "drizzle-orm";
import type { Effect, SpentNonce } from "../gate/transparency-log.ts";
import { agent, passkey, person, type Role, spentNonce } from "./schema.ts";

/** `leafIndex` is where the leaf will stand; `now` decides which spent nonces have outlived their use. */
export function effectStatements(d1: D1Database, effect: Effect, leafIndex: number, now: string): D1PreparedStatement[] {
  const database = drizzle(d1);
  const spend = (spent: SpentNonce[]) => [
    database.delete(spentNonce).where(lt(spentNonce.expiresAt, now)),
    ...spent.map((one) => database.insert(spentNonce).values(one)),
  ];
  const queries = (): { toSQL(): { sql: string; params: unknown[] } }[] => {
    switch (effect.kind) {
      case "person-enrolled":
        return [
          ...spend(effect.spends),
          database.insert(person).values({ ...effect.person, roles: effect.person.roles as Role[] }),
          database.insert(passkey).values({ ...effect.passkey, leafIndex }),
        ];
      case "agent-created":
        return [...spend(effect.spends), database.insert(agent).values({ ...effect.agent, leafIndex })];
      case "agent-revoked":
        return [
          database
            .update(agent)
            .set({ revokedAt: effect.at })
            .where(and(eq(agent.id, effect.agentId), isNull(agent.revokedAt))),
        ];
    }
  };
  return queries().map((query) => {
    const { sql, params } = query.toSQL();
    return d1.prepare(sql).bind(...params);
  });
}

/** Connectors in D1 (d1-migrations/0020). They come and go with a leaf of the log. */
import { and, asc, eq, isNull } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConnectorEffect } from "#gate/connectors/connector-effects.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { authorised } from "../proposals.ts";

const connector = sqliteTable("connector", {
  id: text().primaryKey(),
  name: text().notNull(),
  server: text().notNull(),
  keyHash: text("key_hash").notNull(),
  maker: text().notNull(),
  createdAt: text("created_at").notNull(),
  revokedAt: text("revoked_at"),
  leafIndex: integer("leaf_index").notNull(),
});

const columns = {
  id: connector.id,
  name: connector.name,
  server: connector.server,
  maker: connector.maker,
  createdAt: connector.createdAt,
  revokedAt: connector.revokedAt,
  leafIndex: connector.leafIndex,
};

export interface StoredConnector {
  id: string;
  name: string;
  server: string;
  maker: string;
  createdAt: string;
  revokedAt: string | null;
  leafIndex: number;
}

/** Every one, revoked or not, the oldest first. */
export const allConnectors = (d1: D1Database): Promise<StoredConnector[]> =>
  primary(d1).select(columns).from(connector).orderBy(asc(connector.createdAt), asc(connector.id)).all();

/** Those that are not revoked. */
export const standingConnectors = (d1: D1Database): Promise<StoredConnector[]> =>
  primary(d1).select(columns).from(connector).where(isNull(connector.revokedAt)).all();

/** Revoked or not; null if there is none of this id. */
export const connectorById = async (d1: D1Database, id: string): Promise<StoredConnector | null> =>
  (await primary(d1).select(columns).from(connector).where(eq(connector.id, id)).get()) ?? null;

/** The one whose key has this hash (`apiKeyHash`) and is not revoked; null if there is none. */
export const connectorOfKey = async (d1: D1Database, keyHash: string): Promise<StoredConnector | null> =>
  (await primary(d1)
    .select(columns)
    .from(connector)
    .where(and(eq(connector.keyHash, keyHash), isNull(connector.revokedAt)))
    .get()) ?? null;

/** The statements of an effect, for the batch of its leaf. */
export function connectorQueries(effect: ConnectorEffect, place: Place): Query[] {
  const { database, leafIndex } = place;
  if (effect.kind === "connector-revoked") {
    const stands = and(eq(connector.id, effect.connectorId), isNull(connector.revokedAt));
    return [database.update(connector).set({ revokedAt: effect.at }).where(stands).toSQL()];
  }
  const { connector: row } = effect;
  return [
    ...authorised(effect.authorised, place),
    condition("connector_name_is_free", "NOT EXISTS (SELECT 1 FROM connector WHERE name = ?1 AND revoked_at IS NULL)", row.name),
    database
      .insert(connector)
      .values({ ...row, leafIndex })
      .toSQL(),
  ];
}

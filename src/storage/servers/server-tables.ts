/** The tables of d1-migrations/0015 as drizzle sees them; a test holds both together. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { NotAcceptable, ServerEra } from "#rules/calls/server-listing.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";

export const server = sqliteTable("server", {
  id: text().primaryKey(),
  name: text().notNull(),
  settings: text({ mode: "json" }).$type<ServerSettings>().notNull(),
  credential: text(),
  number: integer().notNull(),
  acceptances: integer().notNull().default(0),
  drifted: text({ mode: "json" }).$type<string[]>().notNull().default([]),
  unaccepted: text({ mode: "json" }).$type<string[]>().notNull().default([]),
  createdAt: text("created_at").notNull(),
  removedAt: text("removed_at"),
  leafIndex: integer("leaf_index").notNull(),
});

export const serverTool = sqliteTable(
  "server_tool",
  {
    serverId: text("server_id").notNull(),
    name: text().notNull(),
    pin: text().notNull(),
    definition: text({ mode: "json" }).$type<JsonObject>().notNull(),
    leafIndex: integer("leaf_index").notNull(),
  },
  (table) => [primaryKey({ columns: [table.serverId, table.name] })],
);

export const serverDraft = sqliteTable("server_draft", {
  operationHash: text("operation_hash").primaryKey(),
  serverId: text("server_id").notNull(),
  number: integer().notNull(),
  settings: text(),
  credential: text(),
  tools: text(),
  madeBy: text("made_by").notNull(),
  madeAt: text("made_at").notNull(),
});

export const serverListed = sqliteTable(
  "server_listed",
  {
    serverId: text("server_id").notNull(),
    name: text().notNull(),
    problem: text().$type<NotAcceptable>(),
    message: text(),
    pin: text(),
    definition: text({ mode: "json" }).$type<JsonObject>(),
  },
  (table) => [primaryKey({ columns: [table.serverId, table.name] })],
);

export const serverHealth = sqliteTable("server_health", {
  serverId: text("server_id").primaryKey(),
  listingHash: text("listing_hash"),
  listedAt: text("listed_at"),
  era: text().$type<ServerEra>(),
  protocolVersion: text("protocol_version"),
  serverInfo: text("server_info", { mode: "json" }).$type<JsonObject>(),
  lastSuccessAt: text("last_success_at"),
  lastError: text("last_error"),
  lastErrorAt: text("last_error_at"),
  latencyMs: integer("latency_ms"),
});

/** The tables of d1-migrations/0002, 0003, 0006, 0012, 0021 and 0031 as drizzle sees them; a test holds both together. The log's tables are in log-store.ts. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ChainLink } from "#countersign/documents/agents/chain.ts";
import type { Authorisation, Role } from "#countersign/documents/record.ts";
import type { CallScope } from "#rules/agents/below.ts";

export const person = sqliteTable("person", {
  id: text().primaryKey(),
  username: text().notNull(),
  displayName: text("display_name").notNull(),
  roles: text({ mode: "json" }).$type<Role[]>().notNull(),
  groups: text({ mode: "json" }).$type<string[]>().notNull(),
  createdAt: text("created_at").notNull(),
  erasedAt: text("erased_at"),
});

export const passkey = sqliteTable("passkey", {
  credentialId: text("credential_id").primaryKey(),
  personId: text("person_id").notNull(),
  publicKey: text("public_key").notNull(),
  alg: integer().notNull(),
  signCount: integer("sign_count").notNull(),
  backupEligible: integer("backup_eligible", { mode: "boolean" }).notNull(),
  transports: text({ mode: "json" }).$type<string[]>().notNull(),
  createdAt: text("created_at").notNull(),
  revokedAt: text("revoked_at"),
  leafIndex: integer("leaf_index").notNull(),
  name: text().notNull().default(""),
  countedAssertion: text("counted_assertion"),
  counterBackAt: text("counter_back_at"),
});

export const waitingPasskey = sqliteTable("waiting_passkey", {
  credentialId: text("credential_id").primaryKey(),
  personId: text("person_id").notNull(),
  username: text().notNull(),
  displayName: text("display_name").notNull(),
  roles: text({ mode: "json" }).$type<Role[]>().notNull(),
  groups: text({ mode: "json" }).$type<string[]>().notNull(),
  name: text().notNull(),
  publicKey: text("public_key").notNull(),
  alg: integer().notNull(),
  signCount: integer("sign_count").notNull(),
  backupEligible: integer("backup_eligible", { mode: "boolean" }).notNull(),
  transports: text({ mode: "json" }).$type<string[]>().notNull(),
  invitedBy: text("invited_by"),
  createdAt: text("created_at").notNull(),
});

export const invite = sqliteTable("invite", {
  id: text().primaryKey(),
  codeHash: text("code_hash").notNull(),
  personId: text("person_id"),
  username: text(),
  displayName: text("display_name"),
  roles: text({ mode: "json" }).$type<Role[]>().notNull(),
  groups: text({ mode: "json" }).$type<string[]>().notNull(),
  invitedBy: text("invited_by").notNull(),
  createdAt: text("created_at").notNull(),
  expiresAt: text("expires_at").notNull(),
  usedAt: text("used_at"),
});

export const proposal = sqliteTable(
  "proposal",
  {
    operationHash: text("operation_hash").notNull(),
    adminId: text("admin_id").notNull(),
    nonce: text().notNull(),
    authorisation: text({ mode: "json" }).$type<Authorisation>().notNull(),
    createdAt: text("created_at").notNull(),
    expiresAt: text("expires_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.operationHash, table.adminId] })],
);

export const session = sqliteTable("session", {
  tokenHash: text("token_hash").primaryKey(),
  personId: text("person_id").notNull(),
  credentialId: text("credential_id").notNull(),
  createdAt: text("created_at").notNull(),
  lastSeenAt: text("last_seen_at").notNull(),
  commandLine: text("command_line"),
  endsAt: text("ends_at"),
});

export const spentNonce = sqliteTable("spent_nonce", {
  nonce: text().primaryKey(),
  expiresAt: text("expires_at").notNull(),
});

export const agent = sqliteTable("agent", {
  id: text().primaryKey(),
  name: text().notNull(),
  owner: text().notNull(),
  keyHash: text("key_hash").notNull(),
  createdAt: text("created_at").notNull(),
  revokedAt: text("revoked_at"),
  leafIndex: integer("leaf_index").notNull(),
  stopNumber: integer("stop_number").notNull().default(0),
  stoppedAt: text("stopped_at"),
  stoppedBy: text("stopped_by"),
  groups: text({ mode: "json" }).$type<string[]>().notNull().default([]),
  changes: integer().notNull().default(0),
  maker: text(),
  chain: text({ mode: "json" }).$type<ChainLink[]>(),
  endsAt: text("ends_at"),
  scope: text({ mode: "json" }).$type<CallScope>(),
  deniedAt: text("denied_at"),
  keyNumber: integer("key_number").notNull().default(1),
  keyPrefix: text("key_prefix"),
  keyMadeAt: text("key_made_at"),
});

/** What an agent's key was replaced by is in `agent` (d1-migrations/0027). */
export const agentOldKey = sqliteTable("agent_old_key", {
  keyHash: text("key_hash").primaryKey(),
  agentId: text("agent_id").notNull(),
  number: integer().notNull(),
  prefix: text(),
  madeAt: text("made_at").notNull(),
  replacedAt: text("replaced_at").notNull(),
  endsAt: text("ends_at").notNull(),
  maker: text(),
  leafIndex: integer("leaf_index").notNull(),
});

/** The newest of each (d1-migrations/0025). */
export const proposedPayload = sqliteTable(
  "proposed_payload",
  {
    agentId: text("agent_id").notNull(),
    payloadHash: text("payload_hash").notNull(),
    requestId: text("request_id").notNull(),
    byId: text("by_id").notNull(),
    at: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.agentId, table.payloadHash] })],
);

/** One row (d1-migrations/0012). */
export const gate = sqliteTable("gate", {
  onlyOne: integer("only_one").primaryKey(),
  epoch: integer().notNull(),
  stopNumber: integer("stop_number").notNull(),
  stoppedAt: text("stopped_at"),
  stoppedBy: text("stopped_by"),
  channels: integer().notNull(),
});

export const stopToken = sqliteTable("stop_token", {
  personId: text("person_id").primaryKey(),
  tokenHash: text("token_hash").notNull(),
  createdAt: text("created_at").notNull(),
});

export const policy = sqliteTable("policy", {
  version: integer().primaryKey(),
  hash: text().notNull(),
  source: text().notNull(),
  document: text().notNull(),
  signedBy: text("signed_by", { mode: "json" }).$type<string[]>().notNull(),
  publishedAt: text("published_at").notNull(),
  leafIndex: integer("leaf_index").notNull(),
});

export const policyDraft = sqliteTable("policy_draft", {
  operationHash: text("operation_hash").primaryKey(),
  source: text().notNull(),
  madeBy: text("made_by").notNull(),
  madeAt: text("made_at").notNull(),
});

export const approval = sqliteTable("approval", {
  agentId: text("agent_id").notNull(),
  requestedAt: text("requested_at").notNull(),
  id: text().notNull(),
  action: text().notNull(),
  eligible: text({ mode: "json" }).$type<string[]>().notNull(),
  expiresAt: text("expires_at").notNull(),
  endedAt: text("ended_at"),
  risk: text(),
});

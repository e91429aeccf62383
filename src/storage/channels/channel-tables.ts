/** The tables of d1-migrations/0013 as drizzle sees them; a test holds both together. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ChannelKind, ChannelSettings, ChannelState } from "#rules/notices/channel-settings.ts";
import type { MessageState } from "#rules/notices/message.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import type { PersonSettings } from "#rules/notices/person-settings.ts";

export const channel = sqliteTable("channel", {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text().$type<ChannelKind>().notNull(),
  settings: text({ mode: "json" }).$type<ChannelSettings>().notNull(),
  events: text({ mode: "json" }).$type<string[]>().notNull(),
  credential: text(),
  number: integer().notNull(),
  state: text().$type<ChannelState>().notNull(),
  stateAt: text("state_at").notNull(),
  failingSince: text("failing_since"),
  lastAnswer: text("last_answer"),
  lastSentAt: text("last_sent_at"),
  createdAt: text("created_at").notNull(),
  leafIndex: integer("leaf_index").notNull(),
});

export const channelDraft = sqliteTable("channel_draft", {
  operationHash: text("operation_hash").primaryKey(),
  channelId: text("channel_id").notNull(),
  settings: text({ mode: "json" }).$type<ChannelSettings>().notNull(),
  credential: text(),
  number: integer().notNull(),
  madeBy: text("made_by").notNull(),
  madeAt: text("made_at").notNull(),
});

export const contact = sqliteTable("contact", {
  id: text().primaryKey(),
  personId: text("person_id").notNull(),
  channelId: text("channel_id").notNull(),
  address: text().notNull(),
  addressHash: text("address_hash").notNull(),
  label: text().notNull(),
  keyId: text("key_id"),
  codeHash: text("code_hash"),
  codeExpiresAt: text("code_expires_at"),
  codeTries: integer("code_tries").notNull().default(0),
  confirmedAt: text("confirmed_at"),
  failingSince: text("failing_since"),
  createdAt: text("created_at").notNull(),
  seenAt: text("seen_at").notNull(),
});

export const notifySettings = sqliteTable("notify_settings", {
  personId: text("person_id").primaryKey(),
  settings: text({ mode: "json" }).$type<PersonSettings>().notNull(),
  changedAt: text("changed_at").notNull(),
});

export const delegation = sqliteTable("delegation", {
  id: text().primaryKey(),
  personId: text("person_id").notNull(),
  toPerson: text("to_person").notNull(),
  fromAt: text("from_at").notNull(),
  untilAt: text("until_at").notNull(),
  endedAt: text("ended_at"),
  leafIndex: integer("leaf_index").notNull(),
});

export const message = sqliteTable("message", {
  id: text().primaryKey(),
  channelId: text("channel_id").notNull(),
  contactId: text("contact_id"),
  target: text(),
  personId: text("person_id"),
  requestId: text("request_id"),
  agentId: text("agent_id"),
  type: text().notNull(),
  content: text({ mode: "json" }).$type<MessageContent>().notNull(),
  alike: text(),
  foldedInto: text("folded_into"),
  edits: text(),
  state: text().$type<MessageState>().notNull(),
  attempts: integer().notNull().default(0),
  nextAt: text("next_at").notNull(),
  givesUpAt: text("gives_up_at"),
  heldUntil: text("held_until"),
  answer: text(),
  handle: text(),
  createdAt: text("created_at").notNull(),
  sentAt: text("sent_at"),
});

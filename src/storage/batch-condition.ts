/**
 * What must hold in a D1 batch, decided in its transaction and not in a read before it (d1-migrations/0003). A condition
 * that does not hold refuses the whole batch under its name.
 */

import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { CHANGE_REFUSALS } from "#gate/agents/change-agent.ts";
import type { BELOW_REFUSALS } from "#gate/agents/below/make-below.ts";
import type { STOP_REFUSALS } from "#gate/agents/order-stop.ts";
import type { RELEASE_REFUSALS } from "#gate/agents/release-stop.ts";
import type { LIFTING_REFUSALS, PATTERN_REFUSALS } from "#gate/patterns/pattern-effects.ts";
import type { CONSUMPTION_REFUSALS } from "#gate/calls/verified/challenge-effect.ts";
import type { CHANNEL_REFUSALS } from "#gate/channels/admin/channel-effects.ts";
import type { CONNECTOR_REFUSALS } from "#gate/connectors/connector-effects.ts";
import type { DELEGATION_REFUSALS } from "#gate/channels/delegation-effects.ts";
import type { REVOCATION_REFUSALS, USE_REFUSALS } from "#gate/grants/grant-effects.ts";
import type { CONFIRMATION_REFUSALS, NARROWING_REFUSALS } from "#gate/people/people-effects.ts";
import type { PUBLICATION_REFUSALS } from "#gate/policies/policy-effects.ts";
import type { CONNECTION_REFUSALS } from "#gate/servers/connections/connection-effects.ts";
import type { SERVER_REFUSALS, TOOLS_REFUSALS } from "#gate/servers/server-effects.ts";
import type { SIGNATURE_REFUSALS } from "#gate/signatures/signed-change.ts";

/** A statement with its parameters, as drizzle's queries give them too. */
export interface Query {
  sql: string;
  params: unknown[];
}

/** Each has its line in the trigger of d1-migrations/0003, or of the migration that made it last. Those of an effect are named where the gate says why they refuse it. */
export type Condition =
  | keyof typeof SIGNATURE_REFUSALS
  | keyof typeof CONFIRMATION_REFUSALS
  | keyof typeof NARROWING_REFUSALS
  | keyof typeof BELOW_REFUSALS
  | keyof typeof STOP_REFUSALS
  | keyof typeof RELEASE_REFUSALS
  | keyof typeof PATTERN_REFUSALS
  | keyof typeof LIFTING_REFUSALS
  | keyof typeof CHANGE_REFUSALS
  | keyof typeof CONSUMPTION_REFUSALS
  | keyof typeof PUBLICATION_REFUSALS
  | keyof typeof CHANNEL_REFUSALS
  | keyof typeof CONNECTOR_REFUSALS
  | keyof typeof DELEGATION_REFUSALS
  | keyof typeof SERVER_REFUSALS
  | keyof typeof USE_REFUSALS
  | keyof typeof REVOCATION_REFUSALS
  | keyof typeof TOOLS_REFUSALS
  | keyof typeof CONNECTION_REFUSALS
  | WaitingCondition;

/** What a passkey may wait under. */
export type WaitingCondition = "invite_is_open" | "username_is_free" | "passkey_is_new" | "key_is_ones_own" | "few_wait";

/** Where an effect is written: beside the leaf of that index, and when. */
export interface Place {
  database: DrizzleD1Database;
  leafIndex: number;
  now: string;
}

/** `holds` is an SQL expression over `params` (`?1`, …) and the tables as the batch has left them so far. */
export const condition = (name: Condition, holds: string, ...params: unknown[]): Query => ({
  sql: `INSERT INTO batch_condition (name, holds) VALUES ('${name}', (${holds}))`,
  params,
});

/** The statement ready for a batch. */
export const prepare = (d1: D1Database, { sql, params }: Query): D1PreparedStatement => d1.prepare(sql).bind(...params);

/** The name of the condition, or of the constraint as SQLite has it, that refused a batch; null for any other error. */
export const brokenConstraint = (error: unknown): string | null =>
  error instanceof Error ? (/^D1_ERROR: (.*?): SQLITE_CONSTRAINT/s.exec(error.message)?.[1] ?? null) : null;

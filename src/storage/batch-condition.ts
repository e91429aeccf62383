/**
 * What must hold in a D1 batch, decided in its transaction and not in a read before it (d1-migrations/0003). A condition
 * that does not hold refuses the whole batch under its name.
 */

/** A statement with its parameters, as drizzle's queries give them too. */
export interface Query {
  sql: string;
  params: unknown[];
}

export type Condition =
  /** More admins can sign than have to, or the batch takes none away. */
  | "admins_remain"
  | "signer_is_admin"
  | "signature_is_kept"
  /** What waits under this credential id is what was signed: person, key and all. */
  | "passkey_waits"
  /** Username, roles and groups are those that were signed. */
  | "person_is_as_signed"
  | "invite_is_open"
  | "username_is_free"
  | "passkey_is_new"
  /** Not too many passkeys of one person wait. */
  | "few_wait";

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

/** Published policies in D1 (d1-migrations/0012), as they are listed and as they come with a leaf. What is judged by is in-force.ts. */
import { and, desc, eq, lt, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { PublicationEffect } from "#gate/policies/policy-effects.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { authorised } from "../proposals.ts";
import { policy } from "../schema.ts";

/** A version without its text. */
export interface ListedPolicy {
  version: number;
  hash: string;
  /** Hash of the version before; null for the first. */
  previous: string | null;
  publishedAt: string;
  /** Ids of the admins. */
  signedBy: string[];
  leafIndex: number;
}

export interface StoredPolicy extends ListedPolicy {
  source: string;
  /** Canonical JSON. */
  document: string;
}

const before = alias(policy, "before");
const listed = {
  version: policy.version,
  hash: policy.hash,
  previous: before.hash,
  publishedAt: policy.publishedAt,
  signedBy: policy.signedBy,
  leafIndex: policy.leafIndex,
};
const isBefore = eq(before.version, sql`${policy.version} - 1`);

/** At most `most` versions, the newest first; those before `below` if that is given. */
export const listPolicies = (d1: D1Database, most: number, below?: number): Promise<ListedPolicy[]> =>
  primary(d1)
    .select(listed)
    .from(policy)
    .leftJoin(before, isBefore)
    .where(below === undefined ? undefined : lt(policy.version, below))
    .orderBy(desc(policy.version))
    .limit(most)
    .all();

/** That version; null if it was never published. */
export async function policyOfVersion(d1: D1Database, version: number): Promise<StoredPolicy | null> {
  const found = primary(d1)
    .select({ ...listed, source: policy.source, document: policy.document })
    .from(policy)
    .leftJoin(before, isBefore)
    .where(and(eq(policy.version, version)));
  return (await found.get()) ?? null;
}

/** Nothing was published since it was signed for: neither this version nor another one before it. */
const isNext = (version: number, previous: string | null): Query =>
  condition(
    "version_is_next",
    "NOT EXISTS (SELECT 1 FROM policy WHERE version >= ?1) AND (SELECT hash FROM policy WHERE version = ?1 - 1) IS ?2",
    version,
    previous,
  );

/** Plain SQL: drizzle does not make a list of rows in a value. Signers are in the order of their signatures. */
const INSERT = `
  INSERT INTO policy (version, hash, source, document, published_at, leaf_index, signed_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6,
    (SELECT json_group_array(person_id) FROM (
      SELECT passkey.person_id FROM json_each(?7) AS signed CROSS JOIN passkey ON passkey.credential_id = signed.value ORDER BY signed.key)))`;

/** The statements of an effect, for the batch of its leaf. The epoch rises with the row. */
export const policyQueries = (
  { version, hash, previous, source, document, at, authorised: signed }: PublicationEffect,
  place: Place,
): Query[] => [
  ...authorised(signed, place),
  isNext(version, previous),
  { sql: INSERT, params: [version, hash, source, document, at, place.leafIndex, JSON.stringify(signed.credentialIds)] },
];

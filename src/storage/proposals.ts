/**
 * Admins' signatures that wait for another admin's, in D1. They leave with the leaf that they served, with age, with the role or the
 * passkey that they were given by, or taken back.
 */
import { and, asc, eq, gt, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { KeptSignature, NotKept, SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";
import { brokenConstraint, type Place, prepare, type Query } from "./batch-condition.ts";
import { primary } from "./primary.ts";
import { proposal, spentNonce } from "./schema.ts";
import { signatureIsKept, signerIsAdmin } from "./signature-conditions.ts";

const columns = {
  operationHash: proposal.operationHash,
  adminId: proposal.adminId,
  nonce: proposal.nonce,
  authorisation: proposal.authorisation,
  createdAt: proposal.createdAt,
  expiresAt: proposal.expiresAt,
};

/** What is not too old, and signed by a passkey that stands of one who is an admin now. */
const counts = (now: string) =>
  and(
    gt(proposal.expiresAt, now),
    sql`exists (select 1 from admin_passkey where person_id = ${proposal.adminId} and credential_id = ${proposal.authorisation} ->> '$.credential_id')`,
  );

/** The signatures under one operation, the oldest first. */
export const keptSignatures = (d1: D1Database, operationHash: string, now: string): Promise<KeptSignature[]> =>
  primary(d1)
    .select(columns)
    .from(proposal)
    .where(and(eq(proposal.operationHash, operationHash), counts(now)))
    .orderBy(asc(proposal.createdAt), asc(proposal.adminId))
    .all();

/** All that are kept, the oldest first. */
export const allKeptSignatures = (d1: D1Database, now: string): Promise<KeptSignature[]> =>
  primary(d1).select(columns).from(proposal).where(counts(now)).orderBy(asc(proposal.createdAt), asc(proposal.adminId)).all();

/**
 * In one batch: what is too old goes, the nonces are spent, and each signature is kept in place of an earlier one of that admin. Only
 * of one who is an admin in that moment: what ended the role has forgotten theirs, and would not see this one. `besides` comes last.
 */
export async function keepSignatures(
  d1: D1Database,
  kept: readonly KeptSignature[],
  spends: readonly SpentNonce[],
  now: string,
  besides: readonly Query[] = [],
): Promise<Result<null, NotKept>> {
  const database = drizzle(d1);
  const queries: Query[] = [
    ...kept.map(({ authorisation }) => signerIsAdmin(authorisation.credential_id)),
    database.delete(proposal).where(lt(proposal.expiresAt, now)).toSQL(),
    ...spends.map((one) => database.insert(spentNonce).values(one).toSQL()),
    ...kept.map((one) =>
      database
        .insert(proposal)
        .values(one)
        .onConflictDoUpdate({ target: [proposal.operationHash, proposal.adminId], set: one })
        .toSQL(),
    ),
    ...besides,
  ];
  try {
    await d1.batch(queries.map((query) => prepare(d1, query)));
    return accept(null);
  } catch (error) {
    const constraint = brokenConstraint(error) ?? "";
    if (constraint.includes("spent_nonce.nonce")) return refuse({ reason: "nonce-spent" });
    if (constraint === "signer_is_admin") return refuse({ reason: "not-an-admin" });
    throw error;
  }
}

/** Takes back this admin's signature under the operation; false if none is kept. */
export async function withdrawSignature(d1: D1Database, operationHash: string, adminId: string): Promise<boolean> {
  const gone = await drizzle(d1)
    .delete(proposal)
    .where(and(eq(proposal.operationHash, operationHash), eq(proposal.adminId, adminId)))
    .returning({ operationHash: proposal.operationHash });
  return gone.length === 1;
}

/** What is kept of somebody who is no admin any more goes for ever: should they be one again, they sign again. */
export const forgetSignaturesOf = (adminId: string, { database }: Place): Query =>
  database.delete(proposal).where(eq(proposal.adminId, adminId)).toSQL();

/** What was signed with a passkey that ends (credential id, b64u), likewise. */
export const forgetSignaturesBy = (credentialId: string, { database }: Place): Query =>
  database
    .delete(proposal)
    .where(sql`${proposal.authorisation} ->> '$.credential_id' = ${credentialId}`)
    .toSQL();

/** Every signature is by an admin's standing passkey and serves once; nothing stays kept for what is done now. */
export const authorised = ({ operationHash, credentialIds, spends, kept }: SpentAuthorisation, place: Place): Query[] => [
  ...credentialIds.map(signerIsAdmin),
  ...kept.map((nonce) => signatureIsKept(operationHash, nonce)),
  ...spent(spends, place),
  place.database.delete(proposal).where(eq(proposal.operationHash, operationHash)).toSQL(),
];

/** Nonces that serve no more, in place of those that are too old to. */
export const spent = (nonces: readonly SpentNonce[], { database, now }: Place): Query[] => [
  database.delete(spentNonce).where(lt(spentNonce.expiresAt, now)).toSQL(),
  ...nonces.map((one) => database.insert(spentNonce).values(one).toSQL()),
];

/**
 * Texts under signatures that wait for another admin's, in D1 (d1-migrations/0012). They come with the signature, and go with it; an
 * admin has one.
 */
import { asc } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Result } from "#countersign/result.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { PolicyDraft } from "#gate/policies/publish-policy.ts";
import type { KeptSignature, NotKept } from "#gate/signatures/collect-signatures.ts";
import type { Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { keepSignatures } from "../proposals.ts";
import { policyDraft } from "../schema.ts";

/** What this admin has signed of other policies is taken back with it: of what somebody wants published there is one text at a time. */
const FORGET_OTHERS = `
  DELETE FROM proposal WHERE admin_id = ?1 AND operation_hash <> ?2 AND operation_hash IN (SELECT operation_hash FROM policy_draft)`;

/** `PublicationPorts.keepWithDraft`: in one batch. */
export function keepWithDraft(
  d1: D1Database,
  kept: readonly KeptSignature[],
  spends: readonly SpentNonce[],
  draft: PolicyDraft,
  now: string,
): Promise<Result<null, NotKept>> {
  const database = drizzle(d1);
  const besides = kept.flatMap(({ adminId, operationHash }): Query[] => [
    { sql: FORGET_OTHERS, params: [adminId, operationHash] },
    database
      .insert(policyDraft)
      .values({ operationHash, ...draft })
      .onConflictDoUpdate({ target: policyDraft.operationHash, set: draft })
      .toSQL(),
  ]);
  return keepSignatures(d1, kept, spends, now, besides);
}

export interface StoredDraft extends PolicyDraft {
  operationHash: string;
}

/** All that there are, the oldest first. Whether the signature over one still counts, its proposal says. */
export const allDrafts = (d1: D1Database): Promise<StoredDraft[]> =>
  primary(d1)
    .select({
      operationHash: policyDraft.operationHash,
      source: policyDraft.source,
      madeBy: policyDraft.madeBy,
      madeAt: policyDraft.madeAt,
    })
    .from(policyDraft)
    .orderBy(asc(policyDraft.madeAt))
    .all();

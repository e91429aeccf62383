/** The receipt of an approval that has ended: records, salts and proofs from the log, words from the approval's object. */
import { receiptType } from "#countersign/documents/receipt.ts";
import { grantUseKey, policyKey } from "#countersign/documents/leaf-key.ts";
import { isV2 } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ApprovalState } from "#rules/approval.ts";

/** A record with what proves that it is in the log. */
export interface ProvenRecord {
  record: object;
  /** b64u of 32 bytes. */
  salt: string;
  /** `c2sp.org/tlog-proof@v1`. */
  proof: string;
}

/** What the object knows. */
export interface ReceiptParts {
  /** Canonical JSON; null once payloads of its age are not kept any more. */
  payload: string | null;
  /** Origin line of the log that all of it is in. */
  log: string;
  /** Index of the final leaf. */
  finalIndex: number;
  /** Indices of the redemption and of the latest report; null if there is none. */
  redeemedIndex: number | null;
  outcomeIndex: number | null;
  /** Of the decisions, in their order; b64u. */
  credentialIds: string[];
  comments: { text: string; salt: string }[];
  /** Of a request of version 2: what its receipt holds more. Left out otherwise, and by an object of an earlier version. */
  further?: {
    policyVersion: number;
    detail: { text: string; salt: string } | null;
    /** What let it pass, if that is a grant. */
    grant?: { id: string; use: number } | null;
  };
}

/** What an approval gives for its receipt; null until its end is in the log. */
export function receiptParts({
  request,
  payload,
  log,
  ending,
  redemption,
  outcome,
  unknown,
  decisions,
}: ApprovalState): ReceiptParts | null {
  if (ending === null || ending.logged === null) return null;
  const reported = [outcome, unknown].find((one) => one !== null && one.logged !== null) ?? null;
  const detail = reported?.detail ?? null;
  const { record } = ending.sealed;
  const grant = record.kind === "approval.auto_approved" ? record.grant : null;
  return {
    payload,
    log,
    finalIndex: ending.logged,
    redeemedIndex: redemption?.logged ?? null,
    outcomeIndex: reported?.logged ?? null,
    credentialIds: decisions.map((decision) => decision.credential_id),
    comments: decisions.flatMap((decision) => decision.comment ?? []),
    ...(isV2(request) && { further: { policyVersion: request.policy.version, detail, grant } }),
  };
}

/** A record that the receipt needs is withheld: it names somebody who was erased. */
export class RecordWithheld extends Error {}

/** `proofs-lost`: of a log that has ended, the database does not hold all that is needed. */
export type ReceiptRefusal = { reason: "not-ended" | "withheld" } | { reason: "proofs-lost"; log: string };

export interface ReceiptPorts {
  /** Where the enrolments of these credentials stand in the log. */
  enrolmentIndices(credentialIds: readonly string[]): Promise<Map<string, number>>;
  /** Where the leaf of that key stands in the log; null if it has none. */
  indexOf(key: string): Promise<number | null>;
  /** The request that this grant was given with; null if there is none. */
  requestOfGrant(grantId: string): Promise<string | null>;
  /** The newest checkpoint of at least so many leaves, as a signed note: with witnesses, if one has them. */
  checkpoint(atLeast: number): Promise<string>;
  /** These leaves in the order asked for, all proven to that checkpoint. Throws a RecordWithheld if one of their records is. */
  prove(indices: readonly number[], checkpoint: string): Promise<ProvenRecord[]>;
}

/**
 * The receipt document (docs/formats.md, "Receipt"). `giving`: what gives the receipt of the approval that a grant was given with, null
 * where none let this pass. Throws if the log lacks what the object relies on.
 */
export async function assembleReceipt(parts: ReceiptParts, ports: ReceiptPorts, giving: ReceiptParts | null = null): Promise<object> {
  const { further } = parts;
  const credentialIds = [...new Set(parts.credentialIds)];
  const later = [parts.redeemedIndex, parts.outcomeIndex].filter((index) => index !== null);
  // Whoever decided was enrolled before, and what judged it published, so no other leaf stands behind these.
  const atLeast = Math.max(parts.finalIndex, ...later) + 1;
  const grant = further?.grant ?? null;
  const [enrolments, policyIndex, usedIndex, checkpoint] = await Promise.all([
    ports.enrolmentIndices(credentialIds),
    further === undefined ? null : ports.indexOf(policyKey(further.policyVersion)),
    grant === null ? null : ports.indexOf(grantUseKey(grant.id, grant.use)),
    ports.checkpoint(atLeast),
  ]);
  const indices = credentialIds.map((id) => {
    const index = enrolments.get(id);
    if (index === undefined) throw new Error("a decision's passkey has no enrolment in the log");
    return index;
  });
  // A policy of a log before, or one that the end of the request has overtaken, proves nothing here.
  const policies = policyIndex !== null && policyIndex < parts.finalIndex ? [policyIndex] : [];
  const uses = usedIndex === null ? [] : [usedIndex];
  const proven = await ports.prove([parts.finalIndex, ...policies, ...uses, ...indices, ...later], checkpoint);
  const [final] = proven.splice(0, 1);
  const [policy = null] = proven.splice(0, policies.length);
  const [used = null] = proven.splice(0, uses.length);
  const passkeys = proven.splice(0, indices.length);
  const [redeemed = null, outcome = null] = proven;
  const payload = parts.payload === null ? null : (JSON.parse(parts.payload) as JsonObject);
  const members = { payload, final, passkeys, comments: parts.comments, redeemed, outcome };
  if (further === undefined) return { type: receiptType(1, payload), ...members };
  if (grant !== null && (giving === null || used === null)) throw new Error("what a grant let pass has no proof of the grant");
  const granted = giving === null ? null : { receipt: await assembleReceipt(giving, ports), used };
  // Nothing makes plans yet.
  return { type: receiptType(2, payload), ...members, detail: further.detail, policy, grant: granted, steps: [] };
}

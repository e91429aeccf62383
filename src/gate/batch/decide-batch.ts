/** One gesture of one person decides several requests, all of them alike: all are approved, or all are denied. Nothing is remembered by it. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import type { NonceRefusal } from "#rules/ceremony-nonce.ts";
import { batchRequests, type LeftOut } from "./batch-requests.ts";
import {
  type Brought,
  bringOthers,
  bringUntilTaken,
  type DecidingPorts,
  isWhole,
  type PasskeyNotTaken,
  type SignedDecisions,
} from "./bring-decisions.ts";
import { checkNonceOfAll, type DraftedDecision, type DraftPorts, nonceOfAll } from "./draft-decisions.ts";

export type BatchPorts = DecidingPorts & DraftPorts;

/** What is wanted of all of them. */
export interface BatchTerms {
  verdict: Verdict;
  /** Empty for none. */
  comment: string;
}

export interface DraftedBatch {
  nonce: string;
  decisions: DraftedDecision[];
  leftOut: LeftOut[];
}

const termsOf = ({ verdict, comment }: BatchTerms) => ({ verdict, comment });

/** 1. those that this person may decide together now are given a nonce each; 2. and all together one. Nothing is stored but the requests' nonces. */
export async function draftBatch(
  personId: string,
  terms: BatchTerms,
  requests: readonly string[],
  ports: BatchPorts,
): Promise<DraftedBatch> {
  const decisions: DraftedDecision[] = [];
  const leftOut: LeftOut[] = [];
  for (const one of await batchRequests(requests, personId, ports)) {
    if ("reason" in one) leftOut.push(one);
    else decisions.push({ request: one.request, nonce: one.nonce.nonce, commentSalt: one.nonce.commentSalt }); // 1
  }
  return { nonce: nonceOfAll("batch", personId, termsOf(terms), decisions, ports), decisions, leftOut }; // 2
}

export type DecideBatchRefusal = { reason: "signed-otherwise" } | PasskeyNotTaken | NonceRefusal;

/**
 * 1. the nonce was made for this person and just these decisions, and is fresh; 2. the requests are asked one after the other until one takes
 * its decision: then the signature is proved; 3. the others are asked, and what became of each is told.
 */
export async function decideBatch(signed: SignedDecisions, ports: BatchPorts): Promise<Result<Brought[], DecideBatchRefusal>> {
  const { person, decisions, nonce } = signed;
  if (!isWhole(signed)) return refuse({ reason: "signed-otherwise" });
  const fresh = checkNonceOfAll("batch", person.id, termsOf(signed), decisions, nonce, ports); // 1
  if (!fresh.ok) return fresh;
  const first = await bringUntilTaken(signed, ports); // 2
  if (!first.ok) return first;
  const { brought, waiting } = first.value;
  return accept([...brought, ...(await bringOthers(waiting, signed, ports))]); // 3
}

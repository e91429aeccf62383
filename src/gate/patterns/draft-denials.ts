/**
 * What one person signs to deny several requests at once, and to have what is like them refused from then on. The nonce of all is bound to
 * that as well. Nothing is stored but the requests' nonces.
 */
import { isV2 } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, type Result } from "#countersign/result.ts";
import {
  checkNonceOfAll,
  type DraftedDecision,
  type DraftPorts,
  type NamedDecision,
  nonceIn,
  nonceOfAll,
  type NotDecidable,
} from "#gate/batch/draft-decisions.ts";
import { overAll } from "#gate/batch/over-all.ts";
import type { NonceRefusal } from "#rules/ceremony-nonce.ts";
import { type AlikeRequest, alikeOf, type AlikePorts, isAlike, type Scope, sourceFor } from "./alike-requests.ts";

/** What is wanted, besides which requests. */
export interface DenialTerms {
  /** The request that they are like. */
  source: string;
  scope: Scope;
  /** For so long equal asks and calls are refused; 0: not at all. */
  seconds: number;
  /** Empty for none. */
  comment: string;
}

/** Why a request is not among them. */
export interface NotDenied {
  request: string;
  reason: NotDecidable["reason"] | "not-alike" | "not-in-batches";
}

export interface DraftedDenials {
  nonce: string;
  decisions: DraftedDecision[];
  leftOut: NotDenied[];
}

export type DenialPorts = AlikePorts & DraftPorts;

const termsOf = ({ source, scope, seconds, comment }: DenialTerms) => ({ source, scope, seconds, comment });

/** 1. the person could decide the first request; 2. those of them that they can deny now, and are like it, are given a nonce each; 3. and all together one. */
export async function draftDenials(
  personId: string,
  terms: DenialTerms,
  requests: readonly string[],
  ports: DenialPorts,
): Promise<Result<DraftedDenials, { reason: "not-visible" }>> {
  const source = await sourceFor(terms.source, personId, timestamp(ports.now()), ports); // 1
  if (!source.ok) return source;
  const drafted = await overAll([...new Set(requests)], (id) => draftOne(id, personId, source.value, terms.scope, ports)); // 2
  const alone = drafted.filter((one) => "nonce" in one).length === 1;
  const decisions: DraftedDecision[] = [];
  const leftOut: NotDenied[] = [];
  for (const one of drafted) {
    if ("reason" in one) leftOut.push(one);
    else if (one.isOfBatches || alone) decisions.push({ request: one.request, nonce: one.nonce, commentSalt: one.commentSalt });
    else leftOut.push({ request: one.request, reason: "not-in-batches" });
  }
  return accept({ nonce: nonceOfAll("alike", personId, termsOf(terms), decisions, ports), decisions, leftOut }); // 3
}

async function draftOne(
  id: string,
  personId: string,
  source: AlikeRequest,
  scope: Scope,
  ports: DenialPorts,
): Promise<(DraftedDecision & { isOfBatches: boolean }) | NotDenied> {
  const view = (await ports.approval(id)?.page(personId)) ?? null;
  const one = view === null ? null : alikeOf(view, personId);
  if (one === null || !isAlike(source, one, scope)) return { request: id, reason: "not-alike" };
  const nonce = nonceIn(view, personId);
  if (!nonce.ok) return { request: id, reason: nonce.refusal.reason };
  return { request: id, nonce: nonce.value.nonce, commentSalt: nonce.value.commentSalt, isOfBatches: isV2(one.request) };
}

/** When the nonce expires, if it was made here for just this. */
export const checkDenialNonce = (
  personId: string,
  terms: DenialTerms,
  decisions: readonly NamedDecision[],
  nonce: string,
  ports: Pick<DraftPorts, "serverSecret" | "now">,
): Result<number, NonceRefusal> => checkNonceOfAll("alike", personId, termsOf(terms), decisions, nonce, ports);

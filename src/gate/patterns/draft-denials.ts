/**
 * What one person signs to deny several requests at once. Each request's object gives a nonce for its statement; the nonce of the batch is
 * bound to the person, to these, and to what is to be refused from then on: so the signature serves for nothing else. Nothing is stored
 * but the requests' nonces.
 */
import { type Bytes, hex } from "#countersign/encoding/bytes.ts";
import { isV2 } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { accept, type Result } from "#countersign/result.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "#rules/ceremony-nonce.ts";
import { type AlikeRequest, alikeOf, type AlikePorts, isAlike, overAll, type Scope, sourceFor } from "./alike-requests.ts";

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

/** One denial, as its object drafted it. */
export interface DraftedDenial {
  request: string;
  /** b64u of 32 bytes each. */
  nonce: string;
  commentSalt: string;
}

/** Why a request is not among them. */
export interface LeftOut {
  request: string;
  reason: "already-final" | "already-decided" | "unknown-request" | "not-alike" | "not-in-batches";
}

export interface DraftedDenials {
  nonce: string;
  decisions: DraftedDenial[];
  leftOut: LeftOut[];
}

export interface DenialPorts extends AlikePorts {
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
}

/** The nonce serves this person for these denials with this comment, and for what they are to mean, and for nothing else. */
const contextOf = (personId: string, { source, scope, seconds, comment }: DenialTerms, decisions: readonly Named[]): string =>
  hex(
    hashJson({ person: personId, source, scope, seconds, comment, decisions: decisions.map(({ request, nonce }) => ({ request, nonce })) }),
  );

type Named = Pick<DraftedDenial, "request" | "nonce">;

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
  const decisions: DraftedDenial[] = [];
  const leftOut: LeftOut[] = [];
  for (const one of drafted) {
    if ("reason" in one) leftOut.push(one);
    else if (one.isOfBatches || alone) decisions.push({ request: one.request, nonce: one.nonce, commentSalt: one.commentSalt });
    else leftOut.push({ request: one.request, reason: "not-in-batches" });
  }
  const context = contextOf(personId, terms, decisions);
  const nonce = makeCeremonyNonce(ports.serverSecret, "alike", context, ports.random(NONCE_RANDOM_BYTES), ports.now()); // 3
  return accept({ nonce, decisions, leftOut });
}

async function draftOne(
  id: string,
  personId: string,
  source: AlikeRequest,
  scope: Scope,
  ports: DenialPorts,
): Promise<(DraftedDenial & { isOfBatches: boolean }) | LeftOut> {
  const view = (await ports.approval(id)?.page(personId)) ?? null;
  const one = view === null ? null : alikeOf(view, personId);
  if (view === null || one === null || !isAlike(source, one, scope)) return { request: id, reason: "not-alike" };
  if (one.isDecided) return { request: id, reason: "already-decided" };
  if (view.nonce === null) return { request: id, reason: one.status === "pending" ? "unknown-request" : "already-final" };
  return { request: id, nonce: view.nonce.nonce, commentSalt: view.nonce.commentSalt, isOfBatches: isV2(one.request) };
}

/** When the nonce expires, if it was made here for just this. */
export const checkDenialNonce = (
  personId: string,
  terms: DenialTerms,
  decisions: readonly Named[],
  nonce: string,
  { serverSecret, now }: Pick<DenialPorts, "serverSecret" | "now">,
): Result<number, NonceRefusal> => checkCeremonyNonce(serverSecret, "alike", contextOf(personId, terms, decisions), nonce, now());

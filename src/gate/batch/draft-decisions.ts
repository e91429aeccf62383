/**
 * What one person is given to sign several decisions at once. Each request's object makes a nonce for its own statement; the nonce of all
 * together is bound to the person, to these decisions and to what they are to mean, so that the signature serves for nothing else.
 */
import { type Bytes, hex } from "#countersign/encoding/bytes.ts";
import { eligiblePeople } from "#countersign/documents/request.ts";
import { hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { PageNonce } from "#gate/approvals/object/object-ports.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import {
  type CeremonyPurpose,
  checkCeremonyNonce,
  makeCeremonyNonce,
  NONCE_RANDOM_BYTES,
  type NonceRefusal,
} from "#rules/ceremony-nonce.ts";

/** One decision, as its object drafted it. */
export interface DraftedDecision {
  request: string;
  /** b64u of 32 bytes each. */
  nonce: string;
  commentSalt: string;
}
/** A decision by what it is brought to its object with. */
export type NamedDecision = Pick<DraftedDecision, "request" | "nonce">;

export interface DraftPorts {
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
}

/** Why a person cannot decide a request now. */
export interface NotDecidable {
  reason: "already-final" | "already-decided" | "unknown-request";
}

/** The nonce that a request's page was given for this person. Who could never decide it does not learn that it is there. */
export function nonceIn(view: PageView | null, personId: string): Result<PageNonce, NotDecidable> {
  if (view === null || !eligiblePeople(view.snapshot.request).has(personId)) return refuse({ reason: "unknown-request" });
  const { status, decisions } = view.snapshot;
  if (decisions.some(({ id }) => id === personId)) return refuse({ reason: "already-decided" });
  if (status !== "pending") return refuse({ reason: "already-final" });
  return view.nonce === null ? refuse({ reason: "unknown-request" }) : accept(view.nonce);
}

/** Which ceremonies sign several decisions. */
type Together = Extract<CeremonyPurpose, "alike" | "batch">;

const contextOf = (personId: string, terms: JsonObject, decisions: readonly NamedDecision[]): string =>
  hex(hashJson({ ...terms, person: personId, decisions: decisions.map(({ request, nonce }) => ({ request, nonce })) }));

/** A nonce for this person, these decisions and what they are to mean. */
export const nonceOfAll = (
  purpose: Together,
  personId: string,
  terms: JsonObject,
  decisions: readonly NamedDecision[],
  ports: DraftPorts,
): string =>
  makeCeremonyNonce(ports.serverSecret, purpose, contextOf(personId, terms, decisions), ports.random(NONCE_RANDOM_BYTES), ports.now());

/** When the nonce expires, if it was made here for just this. */
export const checkNonceOfAll = (
  purpose: Together,
  personId: string,
  terms: JsonObject,
  decisions: readonly NamedDecision[],
  nonce: string,
  ports: Pick<DraftPorts, "serverSecret" | "now">,
): Result<number, NonceRefusal> =>
  checkCeremonyNonce(ports.serverSecret, purpose, contextOf(personId, terms, decisions), nonce, ports.now());

/**
 * Making a passkey, whoever it is for: what the browser is offered, and what of its answer is taken. Who may ask, and what
 * becomes of the passkey, is enrol-first-person.ts, enrol-invited.ts and add-passkey.ts.
 */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "#rules/ceremony-nonce.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { nonceToSpend, type SpentNonce } from "./spent-nonce.ts";

/** A passkey as it is kept once it is somebody's. */
export interface PasskeyRow {
  /** b64u. */
  credentialId: string;
  personId: string;
  /** The COSE_Key, b64u. */
  publicKey: string;
  alg: number;
  signCount: number;
  backupEligible: boolean;
  transports: string[];
  createdAt: string;
}

/** A passkey as a browser made it, before it is anybody's. */
export type MadePasskey = Omit<PasskeyRow, "personId" | "createdAt">;

export interface CeremonyPorts<Response> {
  origin: string;
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
  /** The passkey of a browser's response to this challenge, or why it is not taken. */
  checkRegistration(response: Response, challenge: Bytes): Promise<Result<MadePasskey, string>>;
}

/** What is about to be made: for whom, and on what grounds, which a nonce serves alone. */
export interface Enrolment {
  personId: string;
  grounds: "setup" | "account" | `inv_${string}`;
}

/** The person's id and the nonce of the ceremony, bound to each other. */
export interface EnrolmentDraft {
  personId: string;
  nonce: string;
  challenge: Bytes;
}

export type CeremonyRefusal = NonceRefusal | { reason: "registration-rejected"; detail: string };

const contextOf = ({ grounds, personId }: Enrolment): string => `${grounds} ${personId}`;

const challengeOf = (origin: string, person: string, nonce: string): Bytes =>
  ceremonyChallenge({ type: "countersign/enrol@v1", origin, person, nonce });

/** What the browser needs. Nothing is stored. */
export function draftEnrolment(enrolment: Enrolment, ports: Omit<CeremonyPorts<unknown>, "checkRegistration">): EnrolmentDraft {
  const { personId } = enrolment;
  const nonce = makeCeremonyNonce(ports.serverSecret, "enrol", contextOf(enrolment), ports.random(NONCE_RANDOM_BYTES), ports.now());
  return { personId, nonce, challenge: challengeOf(ports.origin, personId, nonce) };
}

/**
 * 1. the nonce was made here for this person on these grounds, and is fresh; 2. the passkey was made for it. Gives the passkey,
 * and the nonce to be spent in the write that stores it.
 */
export async function checkEnrolment<Response>(
  { nonce, response, ...enrolment }: Enrolment & { nonce: string; response: Response },
  ports: CeremonyPorts<Response>,
): Promise<Result<{ passkey: MadePasskey; spends: SpentNonce }, CeremonyRefusal>> {
  const fresh = checkCeremonyNonce(ports.serverSecret, "enrol", contextOf(enrolment), nonce, ports.now()); // 1
  if (!fresh.ok) return fresh;
  const registered = await ports.checkRegistration(response, challengeOf(ports.origin, enrolment.personId, nonce)); // 2
  if (!registered.ok) return refuse({ reason: "registration-rejected", detail: registered.refusal });
  return accept({ passkey: registered.value, spends: nonceToSpend(nonce, fresh.value) });
}

/**
 * The first person: whoever holds the setup token, once. Everybody after comes by invitation and an admin's signature.
 */
import { b64u, type Bytes, equal, sha256, utf8 } from "../core/bytes.ts";
import { ceremonyChallenge, type EnrolStatement } from "../core/ceremony.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "../core/ceremony-nonce.ts";
import { accept, refuse, type Result } from "../core/result.ts";
import { timestamp } from "../core/words.ts";
import { spentNonce } from "./spent-nonce.ts";
import type { PasskeyRow, TransparencyLog } from "./transparency-log.ts";

/** There is one first person for ever: the log holds one leaf of this key. */
const FIRST_PERSON = "setup";
const FIRST_ROLES: ("admin" | "approver")[] = ["admin", "approver"];

/** What the person typed, checked for form. */
export interface Introduction {
  token: string;
  username: string;
  displayName: string;
}

export interface EnrolmentPorts<Response> {
  log: TransparencyLog;
  logOrigin: string;
  origin: string;
  serverSecret: Bytes;
  setupToken: Bytes;
  now(): number;
  random(bytes: number): Bytes;
  /** Whether anybody has ever been enrolled, from the D1 primary. */
  anybodyEnrolled(): Promise<boolean>;
  /** The passkey of a browser's response to this challenge, or why it is not taken. */
  checkRegistration(response: Response, challenge: Bytes): Promise<Result<Omit<PasskeyRow, "personId" | "createdAt">, string>>;
}

export type EnrolmentRefusal =
  | { reason: "wrong-setup-token" | "already-set-up" | NonceRefusal }
  | { reason: "registration-rejected"; detail: string };

/** A new person's id and the nonce of the ceremony, bound to each other. */
export interface EnrolmentDraft {
  personId: string;
  nonce: string;
  challenge: Bytes;
}

const enrolStatement = (origin: string, person: string, nonce: string): EnrolStatement => ({
  type: "countersign/enrol@v1",
  origin,
  person,
  nonce,
});

async function admit<Response>(token: string, ports: EnrolmentPorts<Response>): Promise<Result<null, EnrolmentRefusal>> {
  // Hashes, so that the comparison tells nothing of the token's length either.
  if (!equal(sha256(utf8(token)), sha256(ports.setupToken))) return refuse({ reason: "wrong-setup-token" });
  return (await ports.anybodyEnrolled()) ? refuse({ reason: "already-set-up" }) : accept(null);
}

/** What the browser needs to make the first passkey. */
export async function draftFirstPerson<Response>(
  token: string,
  ports: EnrolmentPorts<Response>,
): Promise<Result<EnrolmentDraft, EnrolmentRefusal>> {
  const admitted = await admit(token, ports);
  if (!admitted.ok) return admitted;
  const personId = `usr_${b64u(ports.random(16))}`;
  const nonce = makeCeremonyNonce(ports.serverSecret, "enrol", personId, ports.random(NONCE_RANDOM_BYTES), ports.now());
  return accept({ personId, nonce, challenge: ceremonyChallenge(enrolStatement(ports.origin, personId, nonce)) });
}

/**
 * 1. the token is right and nobody is enrolled; 2. the nonce was made here for this person id, and is fresh; 3. the passkey
 * was made for it; 4. person, passkey and leaf are written together, or another first person was faster.
 */
export async function enrolFirstPerson<Response>(
  introduction: Introduction,
  ceremony: { personId: string; nonce: string; response: Response },
  ports: EnrolmentPorts<Response>,
): Promise<Result<{ personId: string; credentialId: string; signCount: number }, EnrolmentRefusal>> {
  const { personId, nonce } = ceremony;
  const admitted = await admit(introduction.token, ports); // 1
  if (!admitted.ok) return admitted;

  const fresh = checkCeremonyNonce(ports.serverSecret, "enrol", personId, nonce, ports.now()); // 2
  if (!fresh.ok) return refuse({ reason: fresh.refusal });

  const challenge = ceremonyChallenge(enrolStatement(ports.origin, personId, nonce));
  const registered = await ports.checkRegistration(ceremony.response, challenge); // 3
  if (!registered.ok) return refuse({ reason: "registration-rejected", detail: registered.refusal });

  const passkey = registered.value;
  const at = timestamp(ports.now());
  const outcome = await ports.log.append({
    idem: FIRST_PERSON,
    sealed: {
      record: {
        type: "countersign/record@v1",
        kind: "passkey.enrolled",
        log: ports.logOrigin,
        at,
        person: { id: personId, username: introduction.username },
        roles: FIRST_ROLES,
        groups: [],
        credential: {
          id: passkey.credentialId,
          public_key: passkey.publicKey,
          alg: passkey.alg,
          backup_eligible: passkey.backupEligible,
        },
        authorised_by: [],
      },
      salt: b64u(ports.random(32)),
    },
    effect: {
      kind: "person-enrolled",
      person: {
        id: personId,
        username: introduction.username,
        displayName: introduction.displayName,
        roles: FIRST_ROLES,
        groups: [],
        createdAt: at,
      },
      passkey: { ...passkey, personId, createdAt: at },
      spends: [spentNonce(nonce, fresh.value)],
    },
  }); // 4
  if (outcome.status !== "logged") return refuse({ reason: "already-set-up" });
  return accept({ personId, credentialId: passkey.credentialId, signCount: passkey.signCount });
}

/**
 * How a command line gets a session of a person's, in the shape of RFC 8628: it asks for two codes, shows the short one, and the person, who
 * types that where they are signed in, lets it in with their passkey. What it gets only reads (http/middleware/who-is-calling.ts), ends
 * after some hours, and with whatever ends the person's sessions.
 */
import { API_KEY_RANDOM_BYTES, apiKeyHash, commandLineKeyFrom } from "#countersign/documents/api-key.ts";
import type { OwnStatement } from "#countersign/documents/ceremony.ts";
import type { OwnSignature } from "#countersign/documents/record.ts";
import { time, timestamp } from "#countersign/documents/words.ts";
import { b64u, type Bytes, fromB64u } from "#countersign/encoding/bytes.ts";
import { fit, object, text } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { KnownPerson, PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import type { NonceSpent, SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { StatementPorts } from "#gate/signatures/authorise-admin.ts";
import { checkOwnSignature, draftOwnStatement, type OwnSignatureRefusal } from "#gate/signatures/own-signature.ts";
import { type SessionLimits, sessionTokenHash } from "./session.ts";

/** How long a code can be typed and a session collected. */
export const PAIRING_MS = 10 * 60 * 1000;
/** However long sessions of browsers may last. */
const SESSION_MS = 8 * 60 * 60 * 1000;
/** That ask at the same time, in all: strangers may ask, and must not fill the database. */
const MOST_OPEN = 500;

const OPERATION = "command-line.opened";
const DEVICE_CODE_BYTES = 32;
/** Consonants, so that codes spell no words, and none that is read as another (RFC 8628, 6.1). */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_LETTERS = 8;
const UNBIASED_BELOW = 240;
const CODE_RANDOM_BYTES = 64;

/** One that waits to be let in. */
export interface OpenPairing {
  /** What a person types: eight letters. */
  userCode: string;
  /** What the machine calls itself. */
  name: string;
  createdAt: string;
}

export interface NewPairing extends OpenPairing {
  deviceHash: string;
  expiresAt: string;
}

/** By whom one is let in, in which of their sessions. */
export interface LetIn {
  personId: string;
  credentialId: string;
  bySession: string;
  endsAt: string;
  at: string;
  spends: SpentNonce[];
}

/** What a command line hears that asks how it stands. */
export type PairingState = { status: "pending" | "refused" | "unknown" } | { status: "open"; endsAt: string };

export interface PairingPorts extends StatementPorts, PasskeyProofPorts {
  sessionLimits: SessionLimits;
  /** Stores it, and forgets those that are over; false if so many are open already. */
  storePairing(made: NewPairing, most: number): Promise<boolean>;
  /** The one of this code that nobody has answered and that is not over, from the D1 primary; null if there is none. */
  openPairing(userCode: string, now: string): Promise<OpenPairing | null>;
  /** Lets it in and spends the nonces in one batch, while passkey and session stand; false if it is not open any more. */
  letIn(pairing: OpenPairing, by: LetIn): Promise<Result<boolean, NonceSpent>>;
  /** False if it is not open any more. */
  refusePairing(userCode: string, now: string): Promise<boolean>;
  /** Opens the session under this token hash, once, if somebody has let it in whose session still stands. */
  collectPairing(deviceHash: string, tokenHash: string, now: string): Promise<PairingState>;
}

export type PairingRefusal = OwnSignatureRefusal | NonceSpent | { reason: "unknown-code" };

/** What is typed, without what people put in between. */
const asCode = (typed: string): string => typed.toUpperCase().replaceAll(/[^A-Z]/g, "");
/** As it is read and compared. */
const shownCode = (code: string): string => `${code.slice(0, CODE_LETTERS / 2)}-${code.slice(CODE_LETTERS / 2)}`;

function userCodeFrom(random: Bytes): string {
  const usable = random.filter((byte) => byte < UNBIASED_BELOW).subarray(0, CODE_LETTERS);
  if (usable.length < CODE_LETTERS) throw new Error("not enough randomness for a code");
  return Array.from(usable, (byte) => LETTERS.charAt(byte % LETTERS.length)).join("");
}

/** The two codes of a command line that asks; null if too many ask already. */
export async function beginPairing(
  name: string,
  ports: Pick<PairingPorts, "random" | "now" | "storePairing">,
): Promise<Result<{ deviceCode: string; userCode: string }, { reason: "too-many-pairings" }>> {
  const deviceCode = ports.random(DEVICE_CODE_BYTES);
  const userCode = userCodeFrom(ports.random(CODE_RANDOM_BYTES));
  const [createdAt, expiresAt] = [timestamp(ports.now()), timestamp(ports.now() + PAIRING_MS)];
  const made = { deviceHash: sessionTokenHash(deviceCode), userCode, name, createdAt, expiresAt };
  const stored = await ports.storePairing(made, MOST_OPEN);
  return stored ? accept({ deviceCode: b64u(deviceCode), userCode: shownCode(userCode) }) : refuse({ reason: "too-many-pairings" });
}

const termsShape = object({ code: text(1), name: text(1), asked_at: time, ends_at: time });

/** The statement under which the person lets it in that shows this code. */
export async function draftPairing(
  personId: string,
  typed: string,
  ports: PairingPorts,
): Promise<Result<OwnStatement, { reason: "unknown-code" }>> {
  const pairing = await ports.openPairing(asCode(typed), timestamp(ports.now()));
  if (pairing === null) return refuse({ reason: "unknown-code" });
  const ends_at = timestamp(ports.now() + Math.min(SESSION_MS, ports.sessionLimits.lifeMs));
  const parameters = { code: shownCode(pairing.userCode), name: pairing.name, asked_at: pairing.createdAt, ends_at };
  return accept(draftOwnStatement(personId, { operation: OPERATION, parameters }, ports));
}

/**
 * 1. the statement is about one that waits, by the code and name that the person was shown; 2. they signed exactly this; 3. it is let in, and
 * the nonce spent, if passkey and session still stand. A signature serves once.
 */
export async function confirmPairing(
  person: Pick<KnownPerson, "id"> & { tokenHash: string },
  signature: OwnSignature,
  ports: PairingPorts,
): Promise<Result<{ name: string; endsAt: string }, PairingRefusal>> {
  const { operation, parameters } = signature.statement;
  const terms = fit(termsShape, parameters);
  if (operation !== OPERATION || !terms.ok) return refuse({ reason: "signed-for-something-else" });
  const { code, name, asked_at, ends_at: endsAt } = terms.value;
  const at = timestamp(ports.now());
  const pairing = await ports.openPairing(asCode(code), at); // 1
  if (pairing === null || pairing.name !== name || pairing.createdAt !== asked_at) return refuse({ reason: "unknown-code" });

  const asked = { operation: OPERATION, parameters } as const;
  const signed = await checkOwnSignature(signature, person.id, asked, ports); // 2
  if (!signed.ok) return signed;

  const by = {
    personId: person.id,
    credentialId: signature.credential_id,
    bySession: person.tokenHash,
    endsAt,
    at,
    spends: [signed.value],
  };
  const letIn = await ports.letIn(pairing, by); // 3
  if (!letIn.ok) return letIn;
  return letIn.value ? accept({ name, endsAt }) : refuse({ reason: "unknown-code" });
}

/** Turns it away. Nobody signs for that. */
export async function refusePairing(typed: string, ports: PairingPorts): Promise<Result<null, { reason: "unknown-code" }>> {
  return (await ports.refusePairing(asCode(typed), timestamp(ports.now()))) ? accept(null) : refuse({ reason: "unknown-code" });
}

/** What becomes of the command line that holds this code: its key, once, as soon as somebody has let it in. */
export async function collectPairing(
  deviceCode: string,
  ports: Pick<PairingPorts, "random" | "now" | "collectPairing">,
): Promise<PairingState | { status: "open"; endsAt: string; key: string }> {
  const code = fromB64u(deviceCode);
  if (code?.length !== DEVICE_CODE_BYTES) return { status: "unknown" };
  const key = commandLineKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  const collected = await ports.collectPairing(sessionTokenHash(code), apiKeyHash(key), timestamp(ports.now()));
  return collected.status === "open" ? { ...collected, key } : collected;
}

/** Signing in with a passkey that names its person by itself (a discoverable credential). */
import { type Bytes, fromB64u, fromUtf8 } from "#countersign/encoding/bytes.ts";
import { ceremonyChallenge, type SignInStatement } from "#countersign/documents/ceremony.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "#rules/ceremony-nonce.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import {
  type KnownPasskey,
  type PasskeyClaim,
  type PasskeyProofPorts,
  type PasskeyRefusal,
  provePasskey,
} from "#gate/passkeys/prove-passkey.ts";
import { type NewSession, newSession, type SessionLimits } from "./session.ts";
import { type NonceSpent, nonceToSpend } from "#gate/passkeys/spent-nonce.ts";

export interface SignInPorts extends PasskeyProofPorts {
  origin: string;
  serverSecret: Bytes;
  sessionLimits: SessionLimits;
  now(): number;
  random(bytes: number): Bytes;
  /**
   * Opens the session and spends its nonces in one write, with what the person is told over each of their confirmed contacts if they were
   * never seen in that place; gives to how many. Refuses, having written nothing, if one is spent already.
   */
  openSession(session: NewSession): Promise<Result<{ told: number }, NonceSpent>>;
  /** The passkey of this credential id that waits for an admin, from the D1 primary; null if none does. */
  waitingPasskey(credentialId: string): Promise<{ passkey: Pick<KnownPasskey, "publicKey" | "backupEligible"> } | null>;
}

/** What a browser sends. An attacker controls all of it. */
export interface SignInAttempt {
  nonce: string;
  /** b64u. */
  credentialId: string;
  /** b64u of the person's id, as the passkey keeps it. */
  userHandle: string;
  assertion: Assertion;
  /** In words of a fixed list (rules/notices/sign-in-place.ts). */
  place: string;
}

export type SignInRefusal = PasskeyRefusal | NonceRefusal | NonceSpent | { reason: "no-user-handle" | "passkey-waits" };

const signInStatement = (origin: string, nonce: string): SignInStatement => ({ type: "countersign/sign-in@v1", origin, nonce });

/** A nonce and the challenge to sign with it. Nothing is stored: anybody may ask. */
export function draftSignIn(ports: Pick<SignInPorts, "origin" | "serverSecret" | "now" | "random">): { nonce: string; challenge: Bytes } {
  const nonce = makeCeremonyNonce(ports.serverSecret, "sign-in", "", ports.random(NONCE_RANDOM_BYTES), ports.now());
  return { nonce, challenge: ceremonyChallenge(signInStatement(ports.origin, nonce)) };
}

/** Whether the claim, refused as that of an unknown passkey, was signed by one that an admin has yet to confirm. */
async function isOfOneThatWaits(claim: PasskeyClaim, { reason }: PasskeyRefusal, ports: SignInPorts): Promise<boolean> {
  if (reason !== "unknown-passkey") return false;
  const waiting = await ports.waitingPasskey(claim.credentialId);
  return waiting !== null && (await ports.checkAssertion(claim, waiting.passkey)).ok;
}

/**
 * 1. the nonce was made here for signing in, and is fresh; 2. the passkey is of the person it names, stands, and signed this
 * challenge; 3. the session is opened and the nonce spent together. Gives the session's token, 32 bytes.
 */
export async function signIn(
  attempt: SignInAttempt,
  ports: SignInPorts,
): Promise<Result<{ token: Bytes; personId: string; told: number }, SignInRefusal>> {
  const fresh = checkCeremonyNonce(ports.serverSecret, "sign-in", "", attempt.nonce, ports.now()); // 1
  if (!fresh.ok) return fresh;

  const handle = fromB64u(attempt.userHandle);
  const personId = handle === null ? null : fromUtf8(handle);
  if (personId === null) return refuse({ reason: "no-user-handle" });
  const { credentialId, assertion } = attempt;
  const challenge = ceremonyChallenge(signInStatement(ports.origin, attempt.nonce));
  const claim = { personId, credentialId, challenge, assertion };
  const proved = await provePasskey(claim, ports); // 2
  if (!proved.ok) return (await isOfOneThatWaits(claim, proved.refusal, ports)) ? refuse({ reason: "passkey-waits" }) : proved;

  const token = ports.random(32);
  const spends = [nonceToSpend(attempt.nonce, fresh.value)];
  const opened = await ports.openSession(newSession(token, { personId, credentialId }, spends, attempt.place, ports)); // 3
  return opened.ok ? accept({ token, personId, told: opened.value.told }) : opened;
}

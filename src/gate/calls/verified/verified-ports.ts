/** What evidence of a passkey at an agent's client is checked with (SEP-2672). Types only. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import type { Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { ChallengeEffect } from "./challenge-effect.ts";

/** A challenge as it is kept. */
export interface KeptChallenge {
  /** b64u of 64 bytes: its only name. */
  challenge: string;
  agentId: string;
  serverId: string;
  tool: string;
  expiresAt: string;
  /** Null while it can be used. */
  consumedAt: string | null;
}

/** A passkey that can approve calls here: confirmed, not revoked, of somebody who may approve. */
export interface EligiblePasskey {
  /** b64u. */
  credentialId: string;
  personId: string;
  /** The COSE_Key, b64u. */
  publicKey: string;
  signCount: number;
  backupEligible: boolean;
  transports: string[];
}

export interface VerifiedPorts extends AppendPorts<ChallengeEffect> {
  /** Online and offline verifiers, for this service's origin. Gives the authenticator's counter. */
  checkAssertion(
    claim: { credentialId: string; challenge: Bytes; assertion: Assertion },
    passkey: Pick<EligiblePasskey, "publicKey" | "backupEligible">,
  ): Promise<Result<{ signCount: number }, unknown>>;
  /** Notes that the counter did not go on, at the time of the first time. Resolves once durable. */
  noteCounterBack(passkey: { credentialId: string; personId: string }, at: string): Promise<void>;
  /** Of this service, at which all its passkeys were made. */
  origin: string;
  /** From the D1 primary; null for what was never given out, or is long over. */
  challengeOf(challenge: string): Promise<KeptChallenge | null>;
  /** Kept, unless its agent has as many that can be used already; resolves to whether it is, once durable. */
  keepChallenge(challenge: Omit<KeptChallenge, "consumedAt">, most: number, now: string): Promise<boolean>;
  /** From the D1 primary: all of them, or the one of that id. */
  eligiblePasskeys(credentialId: string | null): Promise<EligiblePasskey[]>;
}

/** Whose call it is, at which server. */
export interface VerifiedCaller {
  agent: { id: string; name: string };
  server: { id: string; name: string };
}

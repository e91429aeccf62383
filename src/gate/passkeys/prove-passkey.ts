/**
 * One person proves to hold one passkey, over one challenge: the step that signing in, authorising as an admin and
 * deciding have in common. Where the challenge comes from, and that it serves once, is theirs.
 */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { PasskeyReason } from "#rules/passkey-answers.ts";
import { checkCounter, type CounterPorts } from "./sign-count.ts";

export interface KnownPerson {
  id: string;
  username: string;
  displayName: string;
  roles: ("admin" | "approver" | "auditor")[];
  groups: string[];
}

export interface KnownPasskey {
  /** b64u. */
  credentialId: string;
  /** The COSE_Key, b64u. */
  publicKey: string;
  /** The greatest that an assertion of its has had. */
  signCount: number;
  /** As it was at enrolment; it never changes in an honest authenticator. */
  backupEligible: boolean;
  revokedAt: string | null;
}

/** All of it is the caller's word, but the challenge, which the server built. */
export interface PasskeyClaim {
  personId: string;
  /** b64u. */
  credentialId: string;
  challenge: Bytes;
  assertion: Assertion;
}

export interface PasskeyProofPorts extends CounterPorts {
  /** The passkey, revoked or not, and its owner, from the D1 primary; null if there is none of this credential id. */
  passkeyAndPerson(credentialId: string): Promise<{ passkey: KnownPasskey; person: KnownPerson } | null>;
  /** Online and offline verifiers, for this service's origin. Gives the authenticator's counter, or why one of them refuses. */
  checkAssertion(
    claim: PasskeyClaim,
    passkey: Pick<KnownPasskey, "publicKey" | "backupEligible">,
  ): Promise<Result<{ signCount: number }, RejectedAssertion>>;
}

/** Why an assertion is not taken. `detail` is for the log line. */
export interface RejectedAssertion {
  reason: "assertion-rejected" | "backup-eligibility-changed";
  detail?: string;
}

/** What callers are told of it is rules/passkey-answers.ts. */
export interface PasskeyRefusal {
  reason: PasskeyReason;
  detail?: string;
}

export interface PasskeyHolder {
  person: KnownPerson;
  /** Whether its counter was written: what was read before that may be old. */
  counted: boolean;
}

/**
 * 1. the passkey is known; 2. it is this person's; 3. both verifiers accept the assertion; 4. it is not revoked, which only its holder
 * is told; 5. its counter goes on. The same assertion may be brought again, if what it is for failed after that.
 */
export async function provePasskey(claim: PasskeyClaim, ports: PasskeyProofPorts): Promise<Result<PasskeyHolder, PasskeyRefusal>> {
  const known = await ports.passkeyAndPerson(claim.credentialId);
  if (known === null) return refuse({ reason: "unknown-passkey" }); // 1
  if (known.person.id !== claim.personId) return refuse({ reason: "passkey-of-somebody-else" }); // 2
  const checked = await ports.checkAssertion(claim, known.passkey); // 3
  if (!checked.ok) return checked;
  if (known.passkey.revokedAt !== null) return refuse({ reason: "passkey-revoked" }); // 4
  const counted = await checkCounter(
    { ...known.passkey, personId: known.person.id },
    { ...checked.value, assertion: claim.assertion },
    ports,
  ); // 5
  return counted.ok ? accept({ person: known.person, ...counted.value }) : counted;
}

/**
 * As many admins' signatures as the deployment asks for (ADMINS_REQUIRED), each of a different admin under a statement of
 * their own. Those that come before the last are kept for a day, as long as whoever gave them is an admin by that passkey and does
 * not take them back; nothing happens until all are there.
 */
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { countPeople, type CountsAs, type HeldKey, onePersonAKey } from "#rules/one-person-a-key.ts";
import { type AdminOperation, checkSignature, operationHash, type SignatureRefusal, type StatementPorts } from "./authorise-admin.ts";
import type { PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import type { NonceSpent, SpentNonce } from "#gate/passkeys/spent-nonce.ts";

/** How long a signature waits for another. Its statement's nonce was spent when it was kept, and need not be fresh any more. */
const KEPT_MS = 24 * 60 * 60 * 1000;

export interface KeptSignature {
  operationHash: string;
  adminId: string;
  nonce: string;
  authorisation: Authorisation;
  createdAt: string;
  expiresAt: string;
}

export interface SignaturePorts extends StatementPorts, PasskeyProofPorts {
  /** 1 or 2. */
  adminsRequired: number;
  /** The standing passkeys of all admins, from the D1 primary. */
  keysOfAdmins(): Promise<HeldKey[]>;
  /** What is kept for that operation and not too old, of those who are admins now, by passkeys that stand; from the D1 primary. */
  keptSignatures(operationHash: string, now: string): Promise<KeptSignature[]>;
  /**
   * Keeps signatures, each in place of an earlier one of that admin, and spends their nonces, in one write. Refuses, having
   * written nothing, if a nonce is spent already or a signer is no admin in that moment.
   */
  keepSignatures(kept: readonly KeptSignature[], spends: readonly SpentNonce[]): Promise<Result<null, NotKept>>;
}

export type NotKept = NonceSpent | { reason: "not-an-admin" };

export type AuthorisationRefusal = SignatureRefusal | { reason: "wrong-number-of-signatures" | "not-ones-own" | "authorisation-spent" };

/** The signatures under an effect. It is refused unless each is used for the first time, by an admin who is one in that moment. */
export interface SpentAuthorisation {
  /** SHA-256 of operation and parameters, hexadecimal: whatever is kept under it has served and goes. */
  operationHash: string;
  /** The passkeys that signed, b64u. */
  credentialIds: string[];
  /** Nonces of what was signed now. */
  spends: SpentNonce[];
  /** Nonces of what was signed and kept before: spent then, and there still. */
  kept: string[];
}

/**
 * All signatures, for the record and for its effect; or how many there are so far. Incomplete and yet as many as required means
 * that another admin, at the same moment, completed it with these.
 */
export type Collected =
  | { complete: true; authorisedBy: Authorisation[]; effect: SpentAuthorisation }
  | { complete: false; signatures: number; required: number };

/**
 * Until there are as many admins as have to sign, all that there are have to: otherwise the first could never make the second. Two who
 * share a key are one.
 */
export function signaturesRequired(adminsRequired: number, keysOfAdmins: readonly HeldKey[]): number {
  const admins = countPeople(
    keysOfAdmins.map(({ personId }) => personId),
    onePersonAKey(keysOfAdmins),
  );
  return Math.min(adminsRequired, Math.max(1, admins));
}

/**
 * 1. at least one signature and no more than required, of admins who count apart, the caller among them; 2. each is good; 3. with
 * what others have signed before they may be enough; 4. if not, they are kept, and looked at again, because another admin may
 * have signed at the same moment.
 */
export async function collectSignatures(
  brought: readonly Authorisation[],
  callerId: string,
  operation: AdminOperation,
  ports: SignaturePorts,
): Promise<Result<Collected, AuthorisationRefusal>> {
  const keys = await ports.keysOfAdmins();
  const [required, countsAs] = [signaturesRequired(ports.adminsRequired, keys), onePersonAKey(keys)];
  const admins = brought.map(({ statement }) => statement.admin); // 1
  if (brought.length === 0 || brought.length > required || countPeople(admins, countsAs) < brought.length)
    return refuse({ reason: "wrong-number-of-signatures" });
  if (!admins.includes(callerId)) return refuse({ reason: "not-ones-own" });

  const spends: SpentNonce[] = [];
  for (const authorisation of brought) {
    const checked = await checkSignature(authorisation, operation, ports); // 2
    if (!checked.ok) return checked;
    spends.push(checked.value);
  }

  const nowMs = ports.now();
  const hash = operationHash(operation);
  const signed = new Set(admins.map(countsAs));
  const keptBefore = await ports.keptSignatures(hash, timestamp(nowMs));
  const ofOthers = onceEach(keptBefore, countsAs).filter(({ adminId }) => !signed.has(countsAs(adminId)));
  const together = complete(hash, brought, spends, ofOthers, required); // 3
  if (together !== null) return accept(together);

  const [createdAt, expiresAt] = [timestamp(nowMs), timestamp(nowMs + KEPT_MS)];
  const rows = brought.map((authorisation) => {
    const { admin: adminId, nonce } = authorisation.statement;
    return { operationHash: hash, adminId, nonce, authorisation, createdAt, expiresAt };
  });
  const stored = await ports.keepSignatures(rows, spends); // 4
  if (!stored.ok) return refuse({ reason: stored.refusal.reason === "nonce-spent" ? "authorisation-spent" : "not-an-admin" });
  const kept = onceEach(await ports.keptSignatures(hash, createdAt), countsAs);
  const hasServed = !kept.some(({ adminId }) => signed.has(countsAs(adminId)));
  return accept(complete(hash, [], [], kept, required) ?? { complete: false, signatures: hasServed ? required : kept.length, required });
}

/** The first signature of each admin, two who share a key being one. */
export const onceEach = (kept: readonly KeptSignature[], countsAs: CountsAs): KeptSignature[] =>
  kept.filter(({ adminId }, at) => kept.findIndex((one) => countsAs(one.adminId) === countsAs(adminId)) === at);

/** What is brought and what was kept, once it is enough; null before. */
function complete(
  hash: string,
  brought: readonly Authorisation[],
  spends: SpentNonce[],
  kept: readonly KeptSignature[],
  required: number,
): Extract<Collected, { complete: true }> | null {
  if (brought.length + kept.length < required) return null;
  const used = kept.slice(0, required - brought.length);
  const authorisedBy = [...used.map(({ authorisation }) => authorisation), ...brought];
  const credentialIds = authorisedBy.map((authorisation) => authorisation.credential_id);
  return {
    complete: true,
    authorisedBy,
    effect: { operationHash: hash, credentialIds, spends, kept: used.map(({ nonce }) => nonce) },
  };
}

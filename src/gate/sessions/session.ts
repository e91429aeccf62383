/** A person's session as it is opened: after enrolling as the first, and after signing in. Whose one is, is whose-session.ts. */
import { type Bytes, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";

/** A session that was not used for so long is over. */
export const SESSION_IDLE_MS = 12 * 60 * 60 * 1000;

export interface NewSession {
  /** `sessionTokenHash` of the token. */
  tokenHash: string;
  personId: string;
  credentialId: string;
  at: string;
  /** As the authenticator reported it now. */
  signCount: number;
  /** What may not open another session. */
  spends: SpentNonce[];
  /** Sessions last used before this are over, and may be removed. */
  idleSince: string;
}

/** What is stored of a session's token (32 random bytes): its SHA-256, in hexadecimal. */
export const sessionTokenHash = (token: Bytes): string => hex(sha256(token));

/** A session of the person who just proved to hold the passkey. */
export const newSession = (
  token: Bytes,
  holder: { personId: string; credentialId: string; signCount: number },
  spends: SpentNonce[],
  nowMs: number,
): NewSession => ({
  ...holder,
  tokenHash: sessionTokenHash(token),
  at: timestamp(nowMs),
  spends,
  idleSince: timestamp(nowMs - SESSION_IDLE_MS),
});

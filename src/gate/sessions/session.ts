/**
 * A person's session as it is opened: after enrolling as the first, and after signing in. Whose one is, is whose-session.ts; ending them
 * is own-sessions.ts.
 */
import { type Bytes, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";

/** How long sessions last (config/config.ts). */
export interface SessionLimits {
  /** One that was not used for so long is over. */
  idleMs: number;
  /**
   * One is over so long after it was opened, however much it was used (OWASP ASVS 4.0.3, 3.3.2): one that was stolen would otherwise be
   * kept by being used.
   */
  lifeMs: number;
}

export interface NewSession {
  /** `sessionTokenHash` of the token. */
  tokenHash: string;
  personId: string;
  credentialId: string;
  at: string;
  /** What may not open another session. */
  spends: SpentNonce[];
  /** Which sessions are over by then, and may be removed. */
  over: SessionEnds;
  /** Where it is opened from (rules/notices/sign-in-place.ts), and what the person is told if they were never seen there. */
  place: string;
  told: MessageContent;
}

/** What opening one needs besides whose it is. */
export interface NewSessionPorts {
  origin: string;
  sessionLimits: SessionLimits;
  now(): number;
}

/** Sessions last used at or before the one, or opened at or before the other, are over. */
export interface SessionEnds {
  idleSince: string;
  openedAt: string;
}

export const sessionEnds = (nowMs: number, { idleMs, lifeMs }: SessionLimits): SessionEnds => ({
  idleSince: timestamp(nowMs - idleMs),
  openedAt: timestamp(nowMs - lifeMs),
});

/** What is stored of a session's token (32 random bytes): its SHA-256, in hexadecimal. */
export const sessionTokenHash = (token: Bytes): string => hex(sha256(token));

/** A session of the person who just proved to hold the passkey. */
export const newSession = (
  token: Bytes,
  { personId, credentialId }: { personId: string; credentialId: string },
  spends: SpentNonce[],
  place: string,
  ports: NewSessionPorts,
): NewSession => ({
  personId,
  credentialId,
  tokenHash: sessionTokenHash(token),
  at: timestamp(ports.now()),
  spends,
  over: sessionEnds(ports.now(), ports.sessionLimits),
  place,
  told: { type: "session.opened", at: timestamp(ports.now()), url: `${ports.origin}/account`, place },
});

/** Whose session a request carries. A session is only as good as its person and passkey are now; it ends when it is not used, and with time. */
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import type { SessionLimits } from "./session.ts";

/** A session's use is written down at most this often. */
const TOUCH_MS = 60 * 1000;

export interface StoredSession {
  person: KnownPerson;
  /** The passkey that opened it, b64u. */
  credentialId: string;
  createdAt: string;
  lastSeenAt: string;
  /** What the machine calls itself whose command line has it; null: a browser has. */
  commandLine: string | null;
  /** When it is over, however much it is used; null: as sessions are. */
  endsAt: string | null;
  /** Calls with it that have been refused within this minute. */
  refusals: number;
  /** Wrong guesses with it within this minute, such as signatures that were not accepted. */
  guesses: number;
  /** Since when everything is stopped; null if it is not. Only for what its pages say. */
  everythingStoppedAt: string | null;
  /** Whether there is any channel to tell people or systems over. */
  hasChannels: boolean;
}

export interface SessionPorts {
  /** The session of this token hash, if its passkey still stands, from the D1 primary; null if there is none. */
  sessionByTokenHash(tokenHash: string): Promise<StoredSession | null>;
  /** Notes that the session is in use. Never moves the time back. */
  touchSession(tokenHash: string, now: string): Promise<void>;
  /** Ends the session. */
  deleteSession(tokenHash: string): Promise<void>;
  sessionLimits: SessionLimits;
  now(): number;
}

export interface SessionRefusal {
  reason: "no-session" | "unknown-or-revoked-session" | "session-idle-too-long" | "session-too-old";
}

/** Who may bring it: one of a command line is no browser's, and the other way round. */
export type SessionHolder = "browser" | "command-line";

export type LiveSession = KnownPerson &
  Omit<StoredSession, "person" | "createdAt" | "lastSeenAt" | "endsAt"> & {
    tokenHash: string;
  };

/** The person, the passkey (b64u) that opened the session, and its refusals. `tokenHash` is null if the request carries no token. */
export async function whoseSession(
  tokenHash: string | null,
  ports: SessionPorts,
  holder: SessionHolder = "browser",
): Promise<Result<LiveSession, SessionRefusal>> {
  if (tokenHash === null) return refuse({ reason: "no-session" });
  const session = await ports.sessionByTokenHash(tokenHash);
  if (session === null || (session.commandLine === null) !== (holder === "browser"))
    return refuse({ reason: "unknown-or-revoked-session" });
  const { person, createdAt, lastSeenAt, endsAt, ...rest } = session;
  const nowMs = ports.now();
  const idleMs = nowMs - Date.parse(lastSeenAt);
  const isTooOld = nowMs - Date.parse(createdAt) >= ports.sessionLimits.lifeMs || (endsAt !== null && nowMs >= Date.parse(endsAt));
  if (idleMs >= ports.sessionLimits.idleMs || isTooOld) {
    await ports.deleteSession(tokenHash);
    return refuse({ reason: isTooOld ? "session-too-old" : "session-idle-too-long" });
  }
  if (idleMs >= TOUCH_MS) await ports.touchSession(tokenHash, timestamp(nowMs));
  return accept({ ...person, ...rest, tokenHash });
}

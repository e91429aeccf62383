/** A person's sessions: which there are, and ending them, wherever they are. Ending only narrows: nobody signs for it. */
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type SessionEnds, sessionEnds, type SessionLimits } from "./session.ts";

export interface OpenSession {
  tokenHash: string;
  /** The passkey that opened it, b64u. */
  credentialId: string;
  createdAt: string;
  lastSeenAt: string;
  /** What the machine calls itself whose command line has it; null: a browser has. */
  commandLine: string | null;
  /** When it is over, however much it is used; null: as sessions are. */
  endsAt: string | null;
}

export interface OwnSessionPorts {
  /** From the D1 primary; null if nobody confirmed has this id. */
  personById(id: string): Promise<{ id: string } | null>;
  /** The person's sessions that are not over, the one used last first. */
  sessionsOf(personId: string, over: SessionEnds): Promise<OpenSession[]>;
  /** Ends the person's session whose token's hash begins so; false if they have none. */
  endSession(personId: string, hashBegins: string): Promise<boolean>;
  /** Ends the person's sessions but that of this token hash. */
  endOthers(personId: string, tokenHash: string): Promise<void>;
  /** Ends all sessions of the person. */
  endAll(personId: string): Promise<void>;
  sessionLimits: SessionLimits;
  now(): number;
}

/** A session as its person is shown it. */
export interface ListedSession {
  id: string;
  credentialId: string;
  createdAt: string;
  lastSeenAt: string;
  commandLine: string | null;
  /** However much it is used. */
  endsAt: string;
  /** Whether it is the one that asks. */
  isCurrent: boolean;
}

/** Digits of a token's hash in an id: 128 bits, so that no two sessions have one. */
const ID_DIGITS = 32;
const ID = /^ses_([0-9a-f]{32})$/;

/** Names a session and opens nothing: a cookie holds the token, of which this is half the hash. */
export const sessionId = (tokenHash: string): string => `ses_${tokenHash.slice(0, ID_DIGITS)}`;

const earlier = (time: string, other: string | null): string => (other !== null && other < time ? other : time);

/** The person's sessions, the one used last first. `tokenHash` is that of the session that asks. */
export async function listSessions(personId: string, tokenHash: string, ports: OwnSessionPorts): Promise<ListedSession[]> {
  const nowMs = ports.now();
  const sessions = await ports.sessionsOf(personId, sessionEnds(nowMs, ports.sessionLimits));
  const listed = sessions.map(({ tokenHash: hash, endsAt, ...session }) => ({
    ...session,
    id: sessionId(hash),
    endsAt: earlier(timestamp(Date.parse(session.createdAt) + ports.sessionLimits.lifeMs), endsAt),
    isCurrent: hash === tokenHash,
  }));
  return listed.filter(({ endsAt }) => Date.parse(endsAt) > nowMs);
}

/** Ends one session of the person's. Nobody else's: of those, and of ids that nobody has, nothing is told. */
export async function endSession(
  personId: string,
  id: string,
  ports: OwnSessionPorts,
): Promise<Result<null, { reason: "unknown-session" }>> {
  const [, hashBegins] = ID.exec(id) ?? [];
  const hasEnded = hashBegins !== undefined && (await ports.endSession(personId, hashBegins));
  return hasEnded ? accept(null) : refuse({ reason: "unknown-session" });
}

/** Ends all sessions of somebody, by an admin: what they have open anywhere, were it one's own. Doing it again is as good. */
export async function endSessionsOf(personId: string, ports: OwnSessionPorts): Promise<Result<null, { reason: "unknown-person" }>> {
  if ((await ports.personById(personId)) === null) return refuse({ reason: "unknown-person" });
  await ports.endAll(personId);
  return accept(null);
}

/** The sessions of somebody, as admins and auditors see them. `tokenHash` is that of the session that asks. */
export async function listSessionsOf(
  personId: string,
  tokenHash: string,
  ports: OwnSessionPorts,
): Promise<Result<ListedSession[], { reason: "unknown-person" }>> {
  const [person, sessions] = await Promise.all([ports.personById(personId), listSessions(personId, tokenHash, ports)]);
  return person === null ? refuse({ reason: "unknown-person" }) : accept(sessions);
}

/** A person's sessions as `/api/v1` and pages tell of them (api/people/session-data.ts). */
import type { Context } from "hono";
import type { SessionItem } from "#api/people/session-data.ts";
import { type ListedSession, listSessions } from "#gate/sessions/own-sessions.ts";
import type { App } from "./context.ts";
import { sessionOfRequest } from "./middleware/session-cookie.ts";

export const sessionItemOf = ({ id, credentialId, createdAt, lastSeenAt, endsAt, isCurrent, commandLine }: ListedSession): SessionItem => ({
  id,
  credential_id: credentialId,
  created_at: createdAt,
  last_seen_at: lastSeenAt,
  ends_at: endsAt,
  current: isCurrent,
  command_line: commandLine,
});

/** Those of this person. */
export async function sessionsOfPerson(c: Context<App>, personId: string): Promise<SessionItem[]> {
  const sessions = await listSessions(personId, sessionOfRequest(c) ?? "", c.var.ports.sessions());
  return sessions.map(sessionItemOf);
}

/** Those of whoever asks. */
export const ownSessions = (c: Context<App>): Promise<SessionItem[]> => sessionsOfPerson(c, c.var.person.id);

/** A person's own sessions as `/api/v1/me` and `/account` tell of them (api/people-data.ts). */
import type { Context } from "hono";
import type { Me } from "#api/people-data.ts";
import { listSessions } from "#gate/sessions/own-sessions.ts";
import type { App } from "./context.ts";
import { sessionOfRequest } from "./middleware/session-cookie.ts";

export async function ownSessions(c: Context<App>): Promise<Me["sessions"]> {
  const sessions = await listSessions(c.var.person.id, sessionOfRequest(c) ?? "", c.var.ports.sessions());
  return sessions.map(({ id, credentialId, createdAt, lastSeenAt, endsAt, isCurrent }) => ({
    id,
    credential_id: credentialId,
    created_at: createdAt,
    last_seen_at: lastSeenAt,
    ends_at: endsAt,
    current: isCurrent,
  }));
}

/**
 * Readers for the documents whose schemas are people-data.ts, for scripts in browsers, which load no zod. They take the
 * members that the schemas name and no others, because a script and the service that it reads from are of one version.
 */
import { boolean, list, nullable, object, objectWith, oneOf, type Shape, text } from "#countersign/json/shape.ts";
import { agentId, base64url, count, hash, personId, time, username } from "#countersign/documents/words.ts";
import type { Role } from "#countersign/documents/record.ts";

/** All there are, in the order in which they are offered. */
export const ROLES: readonly Role[] = ["approver", "admin", "auditor"];

export const roles: Shape<Role[]> = list(oneOf(...ROLES));
export const groups: Shape<string[]> = list(text(1));

export const namedShape = object({ id: personId, username });
const key = { credential_id: base64url(), name: text(), created_at: time, backup_eligible: boolean, fingerprint: hash, words: text(1) };
const shared_with = list(username);
const unsigned = { signatures: count, required: count, signed_by: list(personId), operation: hash };
const proposed = { roles, groups, ...unsigned };
const held = { ...key, revoked_at: nullable(time), counter_back_at: nullable(time) };
export const sessionShape = object({
  id: text(1),
  credential_id: base64url(),
  created_at: time,
  last_seen_at: time,
  ends_at: time,
  current: boolean,
});
const person = { id: personId, username, display_name: text(), roles, groups };

export const personShape = object({
  ...person,
  confirmed: boolean,
  passkeys: list(object({ ...held, shared_with })),
  waiting: list(object({ ...key, ...proposed, shared_with, invited_by: nullable(namedShape) })),
  proposed_roles: list(object({ ...proposed, expires_at: time })),
});

export const inviteShape = object({
  id: text(1),
  person: nullable(namedShape),
  username: nullable(username),
  display_name: nullable(text(1)),
  roles,
  groups,
  by: namedShape,
  created_at: time,
  expires_at: time,
  used_at: nullable(time),
});
export const invitesShape = object({ items: list(inviteShape) });

const agent = { id: agentId, name: text(1), owner: personId };
const stop = { number: count, since: time, by: namedShape };
const belowOther = object({
  chain: list(object({ id: agentId, name: text(1) })),
  expires_at: time,
  servers: nullable(list(text(1))),
  tools: nullable(list(text(1))),
  stopped_with: nullable(text(1)),
});
export const agentsShape = object({
  items: list(
    objectWith(
      { ...agent, groups, created_at: time, revoked_at: nullable(time), stopped: nullable(object(stop)), key_prefix: nullable(text(1)) },
      { below: belowOther },
    ),
  ),
  waiting: list(object({ ...agent, ...unsigned, expires_at: time })),
  changes: list(object({ ...agent, now_called: text(1), groups, ...unsigned, expires_at: time })),
  rotations: list(object({ ...agent, number: count, overlap_hours: count, ...unsigned, expires_at: time })),
  releases: list(object({ agent: nullable(object(agent)), number: count, ...unsigned, expires_at: time })),
});

/** `GET /api/v1/stop`. */
export const stopsShape = object({ everything: nullable(object(stop)), agents: list(object({ ...agent, ...stop })) });

/** The id of the data block of `/admin/agents` and `/stop`, and what is in it: what can be stopped, released and changed there. */
export const AGENTS_BLOCK_ID = "agents-data";
export const agentsBlockShape = object({
  agents: list(object({ ...agent, groups, stopped: nullable(object(stop)) })),
  everything: nullable(object(stop)),
});

export const meShape = object({
  ...person,
  admin_passkeys: count,
  passkeys: list(object({ ...held, current: boolean })),
  waiting: list(object(key)),
  stop_token: nullable(time),
  sessions: list(sessionShape),
});

/** The id of the data block of `/account`, which holds a `Me`. */
export const ME_BLOCK_ID = "me-data";

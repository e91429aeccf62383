/**
 * What `/api/v1/people`, `/invites`, `/agents` and `/me` answer: schemas, and the types that come from them. Pages and their
 * scripts take the types only, so that no browser loads zod; what scripts read with is people-shapes.ts. http/ fills them in.
 */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { text } from "#countersign/json/shape.ts";
import { type DocumentOf, fitting } from "./document.ts";
import { sessionItem } from "./people/session-data.ts";

const time = fitting(z.string(), words.time);
const personId = fitting(z.string(), words.personId);
const username = fitting(z.string(), words.username);
const count = fitting(z.int(), words.count);
const notEmpty = fitting(z.string(), text(1));

const roles = z.array(z.enum(["admin", "approver", "auditor"]));
const groups = z.array(notEmpty);
const person = { id: personId, username, display_name: z.string(), roles, groups };

/** A person by id, with the name to show. */
export const namedPerson = z.looseObject({ id: personId, username });
export type NamedPerson = DocumentOf<typeof namedPerson>;

const counted = { signatures: count, required: count };
/** How many admins have signed, of how many who have to. */
export const signatureCount = z.looseObject(counted);
export type SignatureCount = DocumentOf<typeof signatureCount>;

/**
 * What admins have signed for and still lacks a signature; `signed_by`: ids of the admins who have signed; `operation`: SHA-256 of
 * what they sign, by which they take it back.
 */
export const proposedSignatures = { ...counted, signed_by: z.array(personId), operation: fitting(z.string(), words.hash) };

const key = {
  credential_id: fitting(z.string(), words.base64url()),
  /** The person's own word for it; empty if there is none. */
  name: z.string(),
  created_at: time,
  /** Whether it may be synchronised to other devices. */
  backup_eligible: z.boolean(),
  /** How the public key is compared: SHA-256 in hexadecimal, and the same as 24 digits (encoding/fingerprint-digits.ts). */
  fingerprint: fitting(z.string(), words.hash),
  words: notEmpty,
};

/** Others, by username, who have the same public key: only where an earlier version let that happen. Together they count once. */
const shared_with = z.array(username);

const held = {
  ...key,
  revoked_at: z.nullable(time),
  /** When its counter was first seen not to go on, as that of a copy would; null for never. */
  counter_back_at: z.nullable(time),
};
/** A passkey that an admin has signed for. */
const heldPasskey = z.looseObject({ ...held, shared_with });
export type HeldPasskey = DocumentOf<typeof heldPasskey>;

/** A passkey that can do nothing until it is signed for. */
const waitingPasskey = z.looseObject({
  ...key,
  /** What the person will be once it is confirmed: as invited, or, of somebody known, as they are. */
  roles,
  groups,
  /** Null: added by the person, signed in. */
  invited_by: z.nullable(namedPerson),
  shared_with,
  ...proposedSignatures,
});
export type WaitingPasskeyItem = DocumentOf<typeof waitingPasskey>;

/** Roles and groups that one of two admins has signed for. */
const proposedRoles = z.looseObject({ roles, groups, ...proposedSignatures, expires_at: time });
export type ProposedRoles = DocumentOf<typeof proposedRoles>;

/** One item of `GET /api/v1/people`. */
export const personItem = z.looseObject({
  ...person,
  /** False while nothing of theirs has ever been confirmed. */
  confirmed: z.boolean(),
  passkeys: z.array(heldPasskey),
  waiting: z.array(waitingPasskey),
  proposed_roles: z.array(proposedRoles),
});
export type PersonItem = DocumentOf<typeof personItem>;

/** One item of `GET /api/v1/invites`. The code is nowhere in it. */
export const inviteItem = z.looseObject({
  id: notEmpty,
  /** Whom it gives another passkey; null if it is for somebody new. */
  person: z.nullable(namedPerson),
  /** Null: theirs to choose. */
  username: z.nullable(username),
  display_name: z.nullable(notEmpty),
  roles,
  groups,
  by: namedPerson,
  created_at: time,
  expires_at: time,
  used_at: z.nullable(time),
});
export type InviteItem = DocumentOf<typeof inviteItem>;

/** `GET /api/v1/me`. */
export const me = z.looseObject({
  ...person,
  /** Standing passkeys of all admins together: where there is one, losing it leaves nobody who can administer. */
  admin_passkeys: count,
  /** `current`: whether this session was opened with it. */
  passkeys: z.array(z.looseObject({ ...held, current: z.boolean() })),
  waiting: z.array(z.looseObject(key)),
  /** When the stop token was made that is valid; null if there is none. */
  stop_token: z.nullable(time),
  /** Those that are not over, the one used last first. */
  sessions: z.array(sessionItem),
});
export type Me = DocumentOf<typeof me>;

const agent = { id: z.string(), name: z.string(), owner: z.string() };

/** A stop in force: the how-manieth of its agent or of everything, since when, and who ordered it. */
const stopMembers = { number: count, since: time, by: namedPerson };
const stopItem = z.looseObject(stopMembers);
export type StopItem = DocumentOf<typeof stopItem>;

/** `GET /api/v1/stop`. */
export const stopsNow = z.looseObject({
  /** Null: everything goes on. */
  everything: z.nullable(stopItem),
  agents: z.array(z.looseObject({ ...agent, ...stopMembers })),
});
export type StopsNow = DocumentOf<typeof stopsNow>;

/** Of an agent below another. `chain`: from the top to itself; null in `servers` or `tools`: all that the one above may; `stopped_with`: one above. */
const belowOther = z.looseObject({
  chain: z.array(z.looseObject({ id: z.string(), name: z.string() })),
  expires_at: time,
  servers: z.nullable(z.array(notEmpty)),
  tools: z.nullable(z.array(notEmpty)),
  stopped_with: z.nullable(notEmpty),
});
/** One item of `GET /api/v1/agents`. `stopped`: null unless it is stopped by itself. `below`: left out where nobody is above it. */
export const agentItem = z.looseObject({
  ...agent,
  groups,
  created_at: time,
  revoked_at: z.nullable(time),
  stopped: z.nullable(stopItem),
  /** How its key begins; null where a version before did not say. */
  key_prefix: z.nullable(z.string()),
  below: z.optional(belowOther),
});
export type AgentItem = DocumentOf<typeof agentItem>;

/** Groups and a name (`name`; `now_called` is the one that it has) that one of two admins has signed for, for an agent; and a stop that one of two has released. In `GET /api/v1/agents`. */
export const proposedChange = z.looseObject({ ...agent, now_called: notEmpty, groups, ...proposedSignatures, expires_at: time });
export type ProposedChange = DocumentOf<typeof proposedChange>;
export const proposedRelease = z.looseObject({
  agent: z.nullable(z.looseObject(agent)),
  number: count,
  ...proposedSignatures,
  expires_at: time,
});
export type ProposedRelease = DocumentOf<typeof proposedRelease>;

/** Another key that one of two admins has signed for: `number` is that of the key which it replaces. In `GET /api/v1/agents`. */
export const proposedRotation = z.looseObject({
  ...agent,
  number: count,
  overlap_hours: count,
  ...proposedSignatures,
  expires_at: time,
});
export type ProposedRotation = DocumentOf<typeof proposedRotation>;

/** An agent that one of two admins has signed for, in `waiting` of `GET /api/v1/agents`. */
export const proposedAgent = z.looseObject({ ...agent, ...proposedSignatures, expires_at: time });
export type ProposedAgent = DocumentOf<typeof proposedAgent>;

/** What making, inviting, confirming and changing answer. */
export const madeAgent = z.looseObject({ id: z.string(), name: z.string(), key: z.string() });
export const madeInvite = z.looseObject({ id: z.string(), url: z.string(), expires_at: time });
export const confirmedPasskey = z.looseObject({ confirmed: z.literal(true) });
export const erasedPerson = z.looseObject({ erased: z.literal(true) });
export const changedRoles = z.looseObject({ roles, groups });
export const changedAgent = z.looseObject({ groups });
export const rotatedKey = z.looseObject({ key: z.string(), number: count, old_key_ends_at: time });
export const sentTest = z.looseObject({ request_id: z.string(), approval_url: z.string() });
export const releasedStop = z.looseObject({ released: z.literal(true) });

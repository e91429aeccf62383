/** Passkeys that wait for an admin's signature, in D1. They leave with the leaf of their confirmation, or discarded. */
import { and, asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Waiting } from "#gate/people/confirm-passkey.ts";
import type { StoreRefusal, WaitingPasskey } from "#gate/people/enrol-invited.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import { brokenConstraint, prepare, type Query, type WaitingCondition } from "./batch-condition.ts";
import { fewWait, inviteIsOpen, newKeyIsOnesOwn, passkeyIsNew, usernameIsFree } from "./people-conditions.ts";
import { personColumns } from "./people.ts";
import { primary } from "./primary.ts";
import { invite, person, spentNonce, waitingPasskey } from "./schema.ts";

/** Passkeys of one person that may wait at once: a stolen session must not fill the admins' page. */
const MOST_WAITING = 10;

const columns = {
  credentialId: waitingPasskey.credentialId,
  personId: waitingPasskey.personId,
  username: waitingPasskey.username,
  displayName: waitingPasskey.displayName,
  roles: waitingPasskey.roles,
  groups: waitingPasskey.groups,
  name: waitingPasskey.name,
  publicKey: waitingPasskey.publicKey,
  alg: waitingPasskey.alg,
  signCount: waitingPasskey.signCount,
  backupEligible: waitingPasskey.backupEligible,
  transports: waitingPasskey.transports,
  invitedBy: waitingPasskey.invitedBy,
  createdAt: waitingPasskey.createdAt,
};

const REFUSALS = {
  invite_is_open: "invite-closed",
  username_is_free: "username-taken",
  passkey_is_new: "passkey-known",
  key_is_ones_own: "key-of-another",
  few_wait: "too-many-wait",
} as const satisfies Record<WaitingCondition, StoreRefusal["reason"]>;

const isWaitingCondition = (constraint: string): constraint is WaitingCondition => Object.hasOwn(REFUSALS, constraint);

/** In one batch: the invitation, if any, is used; the nonce is spent; the passkey waits. Refused, nothing is written. */
export async function storeWaiting(
  d1: D1Database,
  waiting: WaitingPasskey,
  inviteId: string | null,
  spends: SpentNonce,
): Promise<Result<null, StoreRefusal>> {
  const database = drizzle(d1);
  const { credentialId, personId, username, publicKey, createdAt } = waiting;
  const useInvite = (id: string): Query[] => [
    inviteIsOpen(id, createdAt),
    database.update(invite).set({ usedAt: createdAt }).where(eq(invite.id, id)).toSQL(),
  ];
  const queries: Query[] = [
    ...(inviteId === null ? [] : useInvite(inviteId)),
    usernameIsFree(username, personId),
    passkeyIsNew(credentialId),
    newKeyIsOnesOwn(publicKey, personId),
    fewWait(personId, MOST_WAITING),
    database.insert(spentNonce).values(spends).toSQL(),
    database.insert(waitingPasskey).values(waiting).toSQL(),
  ];
  try {
    await d1.batch(queries.map((query) => prepare(d1, query)));
    return accept(null);
  } catch (error) {
    const constraint = brokenConstraint(error) ?? "";
    if (constraint.includes("spent_nonce.nonce")) return refuse({ reason: "nonce-spent" });
    if (!isWaitingCondition(constraint)) throw error;
    return refuse({ reason: REFUSALS[constraint] });
  }
}

const withPerson = (d1: D1Database) =>
  primary(d1)
    .select({ passkey: columns, person: personColumns })
    .from(waitingPasskey)
    .leftJoin(person, eq(person.id, waitingPasskey.personId));

/** A passkey that waits; null if none of this credential id does. */
export async function waitingByCredential(d1: D1Database, credentialId: string): Promise<Waiting | null> {
  return (await withPerson(d1).where(eq(waitingPasskey.credentialId, credentialId)).get()) ?? null;
}

/** Every passkey that waits, the oldest first; of one person only, if given. */
export const allWaiting = (d1: D1Database, personId?: string): Promise<Waiting[]> =>
  withPerson(d1)
    .where(personId === undefined ? undefined : eq(waitingPasskey.personId, personId))
    .orderBy(asc(waitingPasskey.createdAt), asc(waitingPasskey.credentialId))
    .all();

/** Forgets a passkey of this person that waits; false if there is none. */
export async function discardWaiting(d1: D1Database, personId: string, credentialId: string): Promise<boolean> {
  const gone = await drizzle(d1)
    .delete(waitingPasskey)
    .where(and(eq(waitingPasskey.credentialId, credentialId), eq(waitingPasskey.personId, personId)))
    .returning({ credentialId: waitingPasskey.credentialId });
  return gone.length === 1;
}

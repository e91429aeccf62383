/** Invitations in D1. Using one is part of storing the passkey that it brought (waiting-passkeys.ts). */
import { and, desc, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Invite } from "#gate/people/invite-person.ts";
import { primary } from "./primary.ts";
import { invite } from "./schema.ts";

const columns = {
  id: invite.id,
  personId: invite.personId,
  username: invite.username,
  displayName: invite.displayName,
  roles: invite.roles,
  groups: invite.groups,
  invitedBy: invite.invitedBy,
  createdAt: invite.createdAt,
  expiresAt: invite.expiresAt,
  usedAt: invite.usedAt,
};

/** Ids are made by gate/people/invite-person.ts alone. */
const toInvite = ({ id, ...rest }: Omit<Invite, "id"> & { id: string }): Invite => ({ ...rest, id: id as Invite["id"] });

/** `codeHash` is SHA-256 of its code, hexadecimal. */
export async function storeInvite(d1: D1Database, made: Invite, codeHash: string): Promise<void> {
  await drizzle(d1)
    .insert(invite)
    .values({ ...made, codeHash });
}

/** The invitation whose code has this hash, used and late ones too; null if there is none. */
export async function inviteByCodeHash(d1: D1Database, codeHash: string): Promise<Invite | null> {
  const row = await primary(d1).select(columns).from(invite).where(eq(invite.codeHash, codeHash)).get();
  return row === undefined ? null : toInvite(row);
}

/** The newest hundred, used and late ones too. */
export async function recentInvites(d1: D1Database): Promise<Invite[]> {
  const rows = await primary(d1).select(columns).from(invite).orderBy(desc(invite.createdAt), desc(invite.id)).limit(100).all();
  return rows.map(toInvite);
}

/** Forgets an invitation that nobody has used; false if there is no such one. */
export async function withdrawInvite(d1: D1Database, id: string): Promise<boolean> {
  const gone = await drizzle(d1)
    .delete(invite)
    .where(and(eq(invite.id, id), isNull(invite.usedAt)))
    .returning({ id: invite.id });
  return gone.length === 1;
}

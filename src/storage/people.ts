/** People and their passkeys in D1, read at the primary. They come with a leaf of the log (effects.ts). */
import { and, asc, eq, isNull } from "drizzle-orm";
import type { KnownPasskey, KnownPerson } from "../gate/prove-passkey.ts";
import { isOneOf, primary } from "./primary.ts";
import { passkey, person } from "./schema.ts";

/** Whether anybody has ever been enrolled. */
export async function anybodyEnrolled(d1: D1Database): Promise<boolean> {
  return (await primary(d1).select({ id: passkey.credentialId }).from(passkey).limit(1).get()) !== undefined;
}

/** A passkey, revoked or not, and whose it is; null if there is none of this credential id. */
export async function passkeyAndPerson(
  d1: D1Database,
  credentialId: string,
): Promise<{ passkey: KnownPasskey; person: KnownPerson } | null> {
  const row = await primary(d1)
    .select({
      passkey: {
        credentialId: passkey.credentialId,
        publicKey: passkey.publicKey,
        signCount: passkey.signCount,
        backupEligible: passkey.backupEligible,
        revokedAt: passkey.revokedAt,
      },
      person: { id: person.id, username: person.username, displayName: person.displayName, roles: person.roles, groups: person.groups },
    })
    .from(passkey)
    .innerJoin(person, eq(person.id, passkey.personId))
    .where(eq(passkey.credentialId, credentialId))
    .get();
  return row ?? null;
}

/** The credentials a person can sign with now, as WebAuthn's `allowCredentials` wants them. */
export const standingCredentialsOf = (d1: D1Database, personId: string): Promise<{ id: string; transports: string[] }[]> =>
  primary(d1)
    .select({ id: passkey.credentialId, transports: passkey.transports })
    .from(passkey)
    .where(and(eq(passkey.personId, personId), isNull(passkey.revokedAt)))
    .orderBy(asc(passkey.createdAt), asc(passkey.credentialId))
    .all();

/** The names of these people, in no order. */
export const namesOf = (d1: D1Database, ids: readonly string[]): Promise<{ id: string; username: string; displayName: string }[]> =>
  primary(d1)
    .select({ id: person.id, username: person.username, displayName: person.displayName })
    .from(person)
    .where(isOneOf(person.id, ids))
    .all();

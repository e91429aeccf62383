/** People and their passkeys in D1, read at the primary but for what only names and counts. They come with a leaf of the log (people-effects.ts). */
import { and, asc, eq, isNull, ne } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { NamesInUse } from "#rules/names.ts";
import type { KnownPasskey, KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import type { Reads } from "./near/near-reads.ts";
import { inSession, isOneOf, primary } from "./primary.ts";
import { passkey, person, waitingPasskey } from "./schema.ts";

export const personColumns = {
  id: person.id,
  username: person.username,
  displayName: person.displayName,
  roles: person.roles,
  groups: person.groups,
};

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
      person: personColumns,
    })
    .from(passkey)
    .innerJoin(person, eq(person.id, passkey.personId))
    .where(eq(passkey.credentialId, credentialId))
    .get();
  return row ?? null;
}

/** The credentials a person can sign with now, as WebAuthn's `allowCredentials` wants them. */
export const standingCredentialsOf = (d1: D1Database, personId: string) =>
  primary(d1)
    .select({ id: passkey.credentialId, transports: passkey.transports })
    .from(passkey)
    .where(and(eq(passkey.personId, personId), isNull(passkey.revokedAt)))
    .orderBy(asc(passkey.createdAt), asc(passkey.credentialId));

/** The credentials that a person's authenticators hold, as `excludeCredentials` wants them: those that wait as well, so that none is made anew. */
export async function madeCredentialsOf(d1: D1Database, personId: string): Promise<{ id: string; transports: string[] }[]> {
  const waiting = primary(d1)
    .select({ id: waitingPasskey.credentialId, transports: waitingPasskey.transports })
    .from(waitingPasskey)
    .where(eq(waitingPasskey.personId, personId))
    .all();
  return (await Promise.all([standingCredentialsOf(d1, personId), waiting])).flat();
}

/** The names of these people, in no order. They never change: whoever is there has theirs. */
export const namesOf = (reads: Reads, ids: readonly string[]): Promise<{ id: string; username: string; displayName: string }[]> =>
  reads(
    (session) =>
      inSession(session)
        .select({ id: person.id, username: person.username, displayName: person.displayName })
        .from(person)
        .where(isOneOf(person.id, ids))
        .all(),
    (found) => found.length === new Set(ids).size,
  );

/** Names of everybody but the person of this id. */
export async function otherNames(d1: D1Database, personId: string | null): Promise<NamesInUse> {
  const names = ({ username, displayName }: typeof person | typeof waitingPasskey) => ({ username, displayName });
  const database = primary(d1);
  const [confirmed, waiting] = await database.batch([
    database
      .select(names(person))
      .from(person)
      .where(ne(person.id, personId ?? "")),
    database
      .select(names(waitingPasskey))
      .from(waitingPasskey)
      .where(ne(waitingPasskey.personId, personId ?? "")),
  ]);
  return { confirmed, waiting };
}

/** The people of these ids who are not erased, by username. */
export const peopleByIds = (d1: D1Database, ids: readonly string[]): Promise<KnownPerson[]> =>
  primary(d1)
    .select(personColumns)
    .from(person)
    .where(and(isOneOf(person.id, ids), isNull(person.erasedAt)))
    .orderBy(asc(person.username))
    .all();

/** The person of this id; null if nobody confirmed has it, or whoever had it is erased. */
export async function personById(d1: D1Database, id: string): Promise<KnownPerson | null> {
  const isThere = and(eq(person.id, id), isNull(person.erasedAt));
  return (await primary(d1).select(personColumns).from(person).where(isThere).get()) ?? null;
}

/** Everybody who is not erased, by username. */
export const allPeople = (d1: D1Database): Promise<KnownPerson[]> =>
  primary(d1).select(personColumns).from(person).where(isNull(person.erasedAt)).orderBy(asc(person.username)).all();

export interface StoredPasskey {
  credentialId: string;
  personId: string;
  name: string;
  publicKey: string;
  backupEligible: boolean;
  createdAt: string;
  revokedAt: string | null;
  /** When its counter was first seen not to go on; null for never. */
  counterBackAt: string | null;
}

/** The passkeys of these people, revoked ones too, the oldest first. */
export const passkeysOf = (d1: D1Database, ...people: readonly string[]): Promise<StoredPasskey[]> =>
  primary(d1)
    .select({
      credentialId: passkey.credentialId,
      personId: passkey.personId,
      name: passkey.name,
      publicKey: passkey.publicKey,
      backupEligible: passkey.backupEligible,
      createdAt: passkey.createdAt,
      revokedAt: passkey.revokedAt,
      counterBackAt: passkey.counterBackAt,
    })
    .from(passkey)
    .where(isOneOf(passkey.personId, people))
    .orderBy(asc(passkey.createdAt), asc(passkey.credentialId))
    .all();

/** Gives a passkey of this person's, standing or waiting, a name; false if they have none of that id. */
export async function namePasskey(d1: D1Database, personId: string, credentialId: string, name: string): Promise<boolean> {
  const database = drizzle(d1);
  const [standing, waiting] = await database.batch([
    database
      .update(passkey)
      .set({ name })
      .where(and(eq(passkey.credentialId, credentialId), eq(passkey.personId, personId), isNull(passkey.revokedAt)))
      .returning({ id: passkey.credentialId }),
    database
      .update(waitingPasskey)
      .set({ name })
      .where(and(eq(waitingPasskey.credentialId, credentialId), eq(waitingPasskey.personId, personId)))
      .returning({ id: waitingPasskey.credentialId }),
  ]);
  return standing.length + waiting.length === 1;
}

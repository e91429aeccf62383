/** What becomes of people and passkeys with a leaf of the log: the statements of each effect, for the batch of its leaf. */
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Role } from "#countersign/documents/record.ts";
import type { PeopleEffect, PersonRow } from "#gate/people/people-effects.ts";
import type { Place, Query } from "./batch-condition.ts";
import {
  adminsRemainWithout,
  adminsRemainWithoutPasskey,
  keyIsOnesOwn,
  nameIsFree,
  passkeyWaits,
  personIsAsSigned,
} from "./people-conditions.ts";
import { authorised, forgetSignaturesBy, forgetSignaturesOf, spent } from "./proposals.ts";
import { passkey, person, session, waitingPasskey } from "./schema.ts";

type EffectOf<Kind extends PeopleEffect["kind"]> = Extract<PeopleEffect, { kind: Kind }>;

export function peopleQueries(effect: PeopleEffect, place: Place): Query[] {
  const { database, leafIndex } = place;
  switch (effect.kind) {
    case "person-enrolled": {
      const key = { ...effect.passkey, leafIndex };
      return [...spent(effect.spends, place), insertPerson(effect.person, place), database.insert(passkey).values(key).toSQL()];
    }
    case "passkey-enrolled-again":
      return [database.update(passkey).set({ leafIndex }).where(eq(passkey.credentialId, effect.credentialId)).toSQL()];
    case "passkey-confirmed":
      return [...authorised(effect.authorised, place), ...confirm(effect, place)];
    case "passkey-revoked":
      return revoke(effect, place);
    case "role-changed":
      return [...authorised(effect.authorised, place), ...changeRoles(effect, place)];
  }
}

const insertPerson = (row: PersonRow, { database }: Place): Query =>
  database
    .insert(person)
    .values({ ...row, roles: row.roles as Role[] })
    .toSQL();

/**
 * The passkey stops waiting. What was signed is what waits, and what is written comes from the effect, as the leaf does: under the
 * same credential id another key may wait by now. Somebody new comes with it; somebody known is still what was signed.
 */
function confirm(effect: EffectOf<"passkey-confirmed">, place: Place): Query[] {
  const { database, leafIndex } = place;
  const { credentialId } = effect.passkey;
  const row = { ...effect.passkey, personId: effect.person.id, leafIndex, name: nameOfWaiting(credentialId) };
  return [
    passkeyWaits(effect),
    keyIsOnesOwn(effect),
    ...(effect.isNew ? [nameIsFree(effect.person), insertPerson(effect.person, place)] : [personIsAsSigned(effect)]),
    database.insert(passkey).values(row).toSQL(),
    database.delete(waitingPasskey).where(eq(waitingPasskey.credentialId, credentialId)).toSQL(),
  ];
}

/** The person's own word, signed by nobody: they may change it until then. */
const nameOfWaiting = (credentialId: string): SQL => sql`(SELECT name FROM waiting_passkey WHERE credential_id = ${credentialId})`;

/** The passkey ends, with what was opened and signed by it. Not if it is the last of an admin who is needed. */
function revoke({ credentialId, at, adminsNeeded }: EffectOf<"passkey-revoked">, place: Place): Query[] {
  const { database } = place;
  const stands = and(eq(passkey.credentialId, credentialId), isNull(passkey.revokedAt));
  return [
    adminsRemainWithoutPasskey(credentialId, adminsNeeded),
    database.update(passkey).set({ revokedAt: at }).where(stands).toSQL(),
    database.delete(session).where(eq(session.credentialId, credentialId)).toSQL(),
    forgetSignaturesBy(credentialId, place),
  ];
}

/** Who is no admin any more has signed nothing that still waits. Not if it takes the role from an admin who is needed. */
function changeRoles({ personId, roles, groups, adminsNeeded }: EffectOf<"role-changed">, place: Place): Query[] {
  const set = { roles: roles as Role[], groups };
  const endsAsAdmin = [adminsRemainWithout(personId, adminsNeeded), forgetSignaturesOf(personId, place)];
  return [...(roles.includes("admin") ? [] : endsAsAdmin), place.database.update(person).set(set).where(eq(person.id, personId)).toSQL()];
}

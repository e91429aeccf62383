/** Who is told in whose place (d1-migrations/0013). They come and go with a leaf of the log. */
import { and, asc, eq, gt, isNull } from "drizzle-orm";
import type { Delegation } from "#gate/channels/give-delegation.ts";
import type { DelegationEffect } from "#gate/channels/delegation-effects.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { spent } from "../proposals.ts";
import { person } from "../schema.ts";
import { delegation } from "./channel-tables.ts";

/** Approvers with a passkey that stands, of rows of person: who can be told in somebody's place. */
export const IS_DELEGATE = `EXISTS (SELECT 1 FROM json_each(person.roles) WHERE value = 'approver')
  AND EXISTS (SELECT 1 FROM passkey WHERE person_id = person.id AND revoked_at IS NULL)`;

/** Somebody who can be told in another's place. */
export interface Delegate {
  id: string;
  username: string;
  displayName: string;
}

/** All of them, by username. */
export async function delegates(d1: D1Database): Promise<Delegate[]> {
  const query = `SELECT id, username, display_name AS displayName FROM person WHERE ${IS_DELEGATE} ORDER BY username`;
  return (await d1.withSession("first-primary").prepare(query).all<Delegate>()).results;
}

/** `DelegationPorts.delegateById`. */
export async function delegateById(d1: D1Database, id: string): Promise<Delegate | null> {
  const query = `SELECT id, username, display_name AS displayName FROM person WHERE id = ?1 AND ${IS_DELEGATE}`;
  return await d1.withSession("first-primary").prepare(query).bind(id).first<Delegate>();
}

/** `DelegationPorts.delegationsOf`. */
export async function delegationsOf(d1: D1Database, personId: string, now: string): Promise<Delegation[]> {
  const rows = await primary(d1)
    .select({ id: delegation.id, from: delegation.fromAt, until: delegation.untilAt, to: delegation.toPerson, username: person.username })
    .from(delegation)
    .innerJoin(person, eq(person.id, delegation.toPerson))
    .where(and(eq(delegation.personId, personId), gt(delegation.untilAt, now), isNull(delegation.endedAt)))
    .orderBy(asc(delegation.fromAt))
    .all();
  return rows.map(({ id, from, until, to, username }) => ({ id, personId, from, until, to: { id: to, username } }));
}

/** The statements of an effect, for the batch of its leaf. */
export function delegationQueries(effect: DelegationEffect, place: Place): Query[] {
  const { database, leafIndex } = place;
  if (effect.kind === "delegation-ended") {
    const isOpen = and(eq(delegation.id, effect.id), isNull(delegation.endedAt));
    return [database.update(delegation).set({ endedAt: effect.at }).where(isOpen).toSQL()];
  }
  const { id, personId, toPerson, from: fromAt, until: untilAt, credentialId, spends } = effect;
  return [
    signerStands(personId, credentialId),
    delegateStands(toPerson),
    ...spent(spends, place),
    database.insert(delegation).values({ id, personId, toPerson, fromAt, untilAt, leafIndex }).toSQL(),
  ];
}

/** The passkey that signed (b64u) is the person's, and not revoked. */
const signerStands = (personId: string, credentialId: string): Query =>
  condition(
    "signer_stands",
    `EXISTS (SELECT 1 FROM passkey WHERE person_id = ?1 AND credential_id = ?2 AND revoked_at IS NULL)`,
    personId,
    credentialId,
  );

const delegateStands = (personId: string): Query =>
  condition("delegate_stands", `EXISTS (SELECT 1 FROM person WHERE id = ?1 AND ${IS_DELEGATE})`, personId);

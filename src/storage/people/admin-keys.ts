/**
 * The standing passkeys of admins, found without looking at anybody else's (d1-migrations/0028): plain SQL, which says by which index. What
 * decides in a write whether enough admins remain is the view that D1 itself has (people-conditions.ts).
 */
import type { HeldKey } from "#rules/one-person-a-key.ts";
import type { Reads } from "../near/near-reads.ts";

const OF_ADMINS = `
  FROM person INDEXED BY person_admins CROSS JOIN passkey INDEXED BY passkey_by_person
  WHERE instr(person.roles, '"admin"') > 0 AND passkey.person_id = person.id AND passkey.revoked_at IS NULL`;

/** How many all admins have together. */
export async function countAdminPasskeys(reads: Reads): Promise<number> {
  const counted = await reads((session) => session.prepare(`SELECT count(*) AS passkeys ${OF_ADMINS}`).first<{ passkeys: number }>());
  return counted?.passkeys ?? 0;
}

/** All of them, by their keys. */
export async function keysOfAdmins(d1: D1Database): Promise<HeldKey[]> {
  const query = `SELECT passkey.person_id AS personId, passkey.public_key AS publicKey ${OF_ADMINS}`;
  return (await d1.withSession("first-primary").prepare(query).all<HeldKey>()).results;
}

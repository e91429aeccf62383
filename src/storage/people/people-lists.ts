/**
 * The list of people, page by page, and what is beside it; plain SQL, because of json_each. A page costs the same however many people there
 * are: it goes on by username, and one that is searched is walked so far and no further.
 */
import type { Role } from "#countersign/documents/record.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import { hasWords, pageOfWalk, walkThrough, type WalkedRow, wordsLookedFor } from "../inbox/walk.ts";

export interface PeopleFilter {
  /** Words that all have to be in a name or a group, or are the id; null for all. */
  q: string | null;
  role: Role | null;
}

interface PersonRow extends WalkedRow {
  id: string;
  username: string;
  displayName: string;
  roles: string;
  groups: string;
}

/** What is looked for in a person: the names, and the groups. */
const TEXT = `listed.username || ' ' || listed.displayName || ' '
  || (SELECT coalesce(group_concat(value, ' '), '') FROM json_each(listed.groups))`;

/** After whom: ?1; words: ?2; role: ?3. */
const pageQuery = (rows: number): string =>
  walkThrough(
    `SELECT id, username, display_name AS displayName, roles, groups FROM person WHERE username > ?1 AND erased_at IS NULL ORDER BY username`,
    `${hasWords("?2", TEXT)} AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(listed.roles) WHERE value = ?3))`,
    rows,
  );

const personOf = ({ id, username, displayName, roles, groups }: PersonRow): KnownPerson => ({
  id,
  username,
  displayName,
  roles: JSON.parse(roles) as Role[],
  groups: JSON.parse(groups) as string[],
});

/** People by username, after the one of that name; `next`: whom the list goes on after, null at its end. */
export async function peoplePageAfter(
  d1: D1Database,
  { q, role }: PeopleFilter,
  after: string,
  rows: number,
): Promise<{ people: KnownPerson[]; next: string | null }> {
  const query = d1.withSession("first-primary").prepare(pageQuery(rows));
  const { results } = await query.bind(after, wordsLookedFor(q), role).all<PersonRow>();
  const { shown, last } = pageOfWalk(results, rows);
  return { people: shown.map(personOf), next: last?.username ?? null };
}

/** Who has these keys (b64u), with a passkey that stands or waits. */
export async function holdersOfKeys(
  d1: D1Database,
  publicKeys: readonly string[],
): Promise<{ personId: string; username: string; publicKey: string }[]> {
  const query = `
    SELECT passkey.person_id AS personId, person.username, passkey.public_key AS publicKey
    FROM json_each(?1) AS key CROSS JOIN passkey CROSS JOIN person
    WHERE passkey.public_key = key.value AND passkey.revoked_at IS NULL AND person.id = passkey.person_id
    UNION ALL
    SELECT person_id, username, public_key FROM waiting_passkey WHERE public_key IN (SELECT value FROM json_each(?1))`;
  const keys = JSON.stringify([...new Set(publicKeys)]);
  const found = await d1
    .withSession("first-primary")
    .prepare(query)
    .bind(keys)
    .all<{ personId: string; username: string; publicKey: string }>();
  return found.results;
}

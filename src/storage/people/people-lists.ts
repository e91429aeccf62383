/**
 * The list of people, page by page, and what is beside it; plain SQL, because of json_each. A page costs the same however many people there
 * are: it goes on by username, and one that is searched is walked so far and no further.
 */
import type { Role } from "#countersign/documents/record.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import { wordsLookedFor } from "../inbox/list-filter.ts";

export interface PeopleFilter {
  /** Words that all have to be in a name or a group, or are the id; null for all. */
  q: string | null;
  role: Role | null;
}

/** People that are looked at for one page of a search, at most. */
const MOST_LOOKED_AT = 2_000;

interface PersonRow {
  id: string;
  username: string;
  displayName: string;
  roles: string;
  groups: string;
  isWanted: 0 | 1;
}

/** ?1: after whom; ?2: how many are looked at; ?3: words; ?4: role. The last one that is looked at is a row, too, to know where to go on. */
const pageQuery = (rows: number): string => `
  SELECT id, username, displayName, roles, groups, isWanted FROM (
    SELECT *, row_number() OVER () AS looked,
      (?3 IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(?3) AS word WHERE NOT EXISTS (
        SELECT 1 FROM json_each(word.value) AS one WHERE lower(listed.id) = one.value OR instr(
          lower(listed.username || ' ' || listed.displayName || ' ' || (SELECT coalesce(group_concat(value, ' '), '') FROM json_each(listed.groups))),
          one.value) > 0)))
      AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(listed.roles) WHERE value = ?4)) AS isWanted
    FROM (SELECT id, username, display_name AS displayName, roles, groups FROM person
      WHERE username > ?1 AND erased_at IS NULL ORDER BY username LIMIT ?2) AS listed)
  WHERE isWanted OR looked = ?2 LIMIT ${rows + 1}`;

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
  const words = q === null ? [] : wordsLookedFor(q);
  const isSearched = words.length > 0 || role !== null;
  const most = isSearched ? MOST_LOOKED_AT : rows + 1;
  const query = d1.withSession("first-primary").prepare(pageQuery(rows));
  const found = await query.bind(after, most, words.length === 0 ? null : JSON.stringify(words), role).all<PersonRow>();
  const wanted = found.results.filter(({ isWanted }) => isWanted === 1);
  const shown = wanted.slice(0, rows);
  if (wanted.length > rows) return { people: shown.map(personOf), next: shown.at(-1)?.username ?? null };
  const end = found.results.at(-1);
  const isCut = isSearched && end?.isWanted === 0;
  return { people: shown.map(personOf), next: isCut ? end.username : null };
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

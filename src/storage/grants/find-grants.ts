/** Grants as actions are looked up among them, in D1 (d1-migrations/0017). From the primary: what is found lets something pass. */
import type { Grant } from "#countersign/documents/grant.ts";
import type { Giver } from "#gate/grants/grant-effects.ts";
import type { KeptGrant } from "#rules/grants/serving.ts";
import { GIVERS_STAND, SERVING } from "./grant-effects.ts";

/** Patterns of a place that are looked at, those that last longest first; and grants of one exact key. What is more was refused when it was given. */
export const MOST_MEMBER_SETS = 16;
export const MOST_ALIKE = 16;

const patternsOf = (most: number): string =>
  `SELECT members FROM grant_pattern WHERE place = ?1 AND until_at > ?2 ORDER BY until_at DESC LIMIT ${most}`;

const COLUMNS = "given.document, given.givers, given.given_at AS givenAt, given.used, given.request_id AS requestId";

/** Looked up by key, one after the other, whatever else the agent has. */
const FOUND = `SELECT ${COLUMNS} FROM json_each(?1) AS wanted CROSS JOIN ${SERVING}
  AND given.exact = wanted.value AND given.until_at > ?2 ORDER BY given.until_at LIMIT ${MOST_MEMBER_SETS * MOST_ALIKE}`;

export interface GrantRow {
  document: string;
  givers: string;
  givenAt: string;
  used: number;
  requestId: string;
}

export const keptGrant = ({ document, givers, ...kept }: GrantRow): KeptGrant => ({
  ...kept,
  grant: JSON.parse(document) as Grant,
  givers: (JSON.parse(givers) as Giver[]).map(({ person }) => person),
});

/** Those that may let an action pass that `exactIn` finds in a pattern, the first to end first. Two trips, or one where nothing of this kind was ever given. */
export async function findGrants(
  d1: D1Database,
  place: string,
  exactIn: (members: string) => string | null,
  now: string,
): Promise<KeptGrant[]> {
  const session = d1.withSession("first-primary");
  const patterns = await session.prepare(patternsOf(MOST_MEMBER_SETS)).bind(place, now).all<{ members: string }>();
  const wanted = patterns.results.flatMap(({ members }) => exactIn(members) ?? []);
  if (wanted.length === 0) return [];
  const { results } = await session.prepare(FOUND).bind(JSON.stringify(wanted), now).all<GrantRow>();
  return results.map(keptGrant);
}

/** Whether one more may be given that is found so. */
export async function hasRoom(
  d1: D1Database,
  { place, members, exact }: { place: string; members: string; exact: string },
  now: string,
): Promise<boolean> {
  const session = d1.withSession("first-primary");
  const [patterns, alike] = await session.batch([
    session.prepare(patternsOf(MOST_MEMBER_SETS + 1)).bind(place, now),
    session
      .prepare(`SELECT id FROM grant_given WHERE exact = ?1 AND ended_at IS NULL AND until_at > ?2 LIMIT ${MOST_ALIKE}`)
      .bind(exact, now),
  ]);
  const others = ((patterns?.results ?? []) as { members: string }[]).filter((one) => one.members !== members);
  return others.length < MOST_MEMBER_SETS && (alike?.results.length ?? MOST_ALIKE) < MOST_ALIKE;
}

/** The uses of a grant that nobody has, the first first; none of what is not a grant. */
export async function freeUses(d1: D1Database, grantId: string): Promise<number[]> {
  const session = d1.withSession("first-primary");
  const { results } = await session
    .prepare(
      `WITH RECURSIVE n(use) AS (SELECT 1 UNION ALL SELECT use + 1 FROM n WHERE use < 100)
       SELECT n.use FROM grant_given AS given CROSS JOIN n ON n.use <= given.uses
       WHERE given.id = ?1 AND given.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM grant_use WHERE grant_id = ?1 AND use = n.use) ORDER BY n.use`,
    )
    .bind(grantId)
    .all<{ use: number }>();
  return results.map(({ use }) => use);
}

/** `ApprovalPorts.mayUseGrant`. */
export async function mayUseGrant(d1: D1Database, grantId: string): Promise<boolean> {
  const row = await d1
    .withSession("first-primary")
    .prepare(`SELECT 1 AS stands FROM grant_given AS given WHERE given.id = ?1 AND given.revoked_by IS NULL AND ${GIVERS_STAND}`)
    .bind(grantId)
    .first<{ stands: 1 }>();
  return row !== null;
}

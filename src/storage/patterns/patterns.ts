/** What is refused without asking, in D1 (d1-migrations/0018). It comes and goes with a leaf of the log. Plain SQL: it is read in one trip with whose it is. */
import type { PatternEffect } from "#gate/patterns/pattern-effects.ts";
import { type DeniedPattern, type KeptPattern, MOST_PATTERNS } from "#rules/policies/denied-pattern.ts";
import { agentStands } from "../agents.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";

interface Row extends DeniedPattern {
  agentId: string;
  agentName: string;
  agentOwner: string;
  madeBy: string;
  madeByName: string;
  madeAt: string;
  liftedAt: string | null;
}

const KEPT = `
  SELECT one.id, one.server, one.tool, one.action, one.arguments_hash AS argumentsHash, one.comment, one.until, one.made_at AS madeAt,
    one.lifted_at AS liftedAt, agent.id AS agentId, agent.name AS agentName, agent.owner AS agentOwner,
    person.id AS madeBy, person.username AS madeByName
  FROM denied_pattern AS one JOIN agent ON agent.id = one.agent_id JOIN person ON person.id = one.made_by`;

const kept = ({ agentId, agentName, agentOwner, madeBy, madeByName, ...row }: Row): KeptPattern => ({
  ...row,
  agent: { id: agentId, name: agentName, owner: agentOwner },
  by: { id: madeBy, username: madeByName },
});

/** `PatternPorts.patternById`. */
export async function patternById(d1: D1Database, id: string): Promise<KeptPattern | null> {
  const row = await d1.withSession("first-primary").prepare(`${KEPT} WHERE one.id = ?1`).bind(id).first<Row>();
  return row === null ? null : kept(row);
}

/** More than a page shows, and more than anybody makes by hand. */
const MOST_LISTED = 1_000;

/** Those in force at `now` of agents that are not revoked, or those of one agent, or that one person made: the one that ends first comes first. */
export async function patternsInForce(d1: D1Database, now: string, of: { agentId?: string; madeBy?: string } = {}): Promise<KeptPattern[]> {
  const query = d1
    .withSession("first-primary")
    .prepare(
      `${KEPT} WHERE one.lifted_at IS NULL AND one.until > ?1 AND agent.revoked_at IS NULL AND (?2 IS NULL OR one.agent_id = ?2)
       AND (?3 IS NULL OR one.made_by = ?3) ORDER BY one.until, one.id LIMIT ${MOST_LISTED}`,
    )
    .bind(now, of.agentId ?? null, of.madeBy ?? null);
  return (await query.all<Row>()).results.map(kept);
}

/** The statements of an effect, for the batch of its leaf. */
export const patternQueries = (effect: PatternEffect, place: Place): Query[] =>
  effect.kind === "pattern-denied" ? madeQueries(effect, place) : liftedQueries(effect);

function madeQueries(
  { pattern, agentId, by, credentialId, at }: Extract<PatternEffect, { kind: "pattern-denied" }>,
  { leafIndex }: Place,
): Query[] {
  const { id, server, tool, action, argumentsHash, comment, until } = pattern;
  return [
    agentStands(agentId),
    condition(
      "denies_patterns",
      `EXISTS (
        SELECT 1 FROM person JOIN json_each(person.roles) AS role JOIN passkey ON passkey.person_id = person.id
        WHERE person.id = ?1 AND role.value = 'approver' AND passkey.credential_id = ?2 AND passkey.revoked_at IS NULL)`,
      by,
      credentialId,
    ),
    condition(
      "few_patterns",
      `(SELECT count(*) FROM denied_pattern WHERE agent_id = ?1 AND until > ?2 AND lifted_at IS NULL) < ${MOST_PATTERNS}`,
      agentId,
      at,
    ),
    {
      sql: `INSERT INTO denied_pattern (id, agent_id, server, tool, action, arguments_hash, comment, made_by, made_at, until, leaf_index)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
      params: [id, agentId, server, tool, action, argumentsHash, comment, by, at, until, leafIndex],
    },
  ];
}

const liftedQueries = ({ id, by, at }: Extract<PatternEffect, { kind: "pattern-lifted" }>): Query[] => [
  condition("pattern_is_in_force", "EXISTS (SELECT 1 FROM denied_pattern WHERE id = ?1 AND lifted_at IS NULL AND until > ?2)", id, at),
  condition(
    "lifts_patterns",
    `EXISTS (SELECT 1 FROM admin_passkey WHERE person_id = ?2) OR (
      EXISTS (SELECT 1 FROM denied_pattern WHERE id = ?1 AND made_by = ?2)
      AND EXISTS (SELECT 1 FROM passkey WHERE person_id = ?2 AND revoked_at IS NULL))`,
    id,
    by,
  ),
  { sql: "UPDATE denied_pattern SET lifted_at = ?2, lifted_by = ?3, comment = NULL WHERE id = ?1", params: [id, at, by] },
];

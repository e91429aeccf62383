/**
 * How those above an agent stand, in the queries that ask how the agent itself does (d1-migrations/0021). Of an agent that nobody is above no
 * row more is read.
 */
import type { Below } from "#rules/agents/below.ts";

/** For `FROM`: those above `agent`, a row of that name, each as `above`. */
const ABOVE = "json_each(agent.chain) AS link CROSS JOIN agent AS above ON above.id = link.value ->> '$.id'";

/** How often it, and those above it, were stopped: never less. */
export const STOP_NUMBER = `CASE WHEN agent.chain IS NULL THEN agent.stop_number
  ELSE agent.stop_number + (SELECT sum(above.stop_number) FROM ${ABOVE}) END`;

/** Whether a stop of it, or of one above it, is in force. */
export const IS_STOPPED = `(agent.stopped_at IS NOT NULL
  OR agent.chain IS NOT NULL AND EXISTS (SELECT 1 FROM ${ABOVE} WHERE above.stopped_at IS NOT NULL))`;

/** Whether its key stands at that time: neither it nor one above it was revoked, or has come to its end. */
export const standsAt = (now: string): string => `(agent.revoked_at IS NULL AND (agent.chain IS NULL OR agent.ends_at > ${now}
  AND NOT EXISTS (SELECT 1 FROM ${ABOVE} WHERE above.revoked_at IS NOT NULL OR above.ends_at <= ${now})))`;

/** Whom admins have put into groups: the agent at the top. */
export const GROUPS = `CASE WHEN agent.chain IS NULL THEN agent.groups
  ELSE (SELECT top.groups FROM agent AS top WHERE top.id = agent.chain ->> '$[0].id') END`;

/** When something of the agent at the top, or of one below that, was last denied. */
export const DENIED_AT = `CASE WHEN agent.chain IS NULL THEN agent.denied_at
  ELSE (SELECT top.denied_at FROM agent AS top WHERE top.id = agent.chain ->> '$[0].id') END`;

/** Id of the agent at the top. */
export const TOP = "coalesce(agent.chain ->> '$[0].id', agent.id)";

/** Ids of the agent of this id, which is at the top, and of all below it. */
export const treeOf = (topId: string): string => `(SELECT ${topId} AS id UNION ALL SELECT below FROM agent_below WHERE above = ${topId})`;

/** How an agent is below others, of what its row says; nothing where it is not. */
export const belowIn = (chain: Below["chain"] | null, endsAt: string | null, scope: Below["scope"] | null): { below?: Below } =>
  chain === null || endsAt === null || scope === null ? {} : { below: { chain, endsAt, scope } };

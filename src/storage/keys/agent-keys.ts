/** Keys of agents in D1 (d1-migrations/0027): they are replaced with a leaf of the log, and what was replaced ends with one or with its time. */
import { desc, eq } from "drizzle-orm";
import type { AgentEffect } from "#gate/agents/agent-effects.ts";
import type { OldKey } from "#gate/agents/keys/end-key.ts";
import { agentStands } from "../agents.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { authorised } from "../proposals.ts";
import { agentOldKey } from "../schema.ts";

type KeyEffect = Extract<AgentEffect, { kind: "agent-key-rotated" | "agent-key-ended" }>;

/** `EndKeyPorts.oldKeysOf`. */
export const oldKeysOf = (d1: D1Database, agentId: string): Promise<OldKey[]> => {
  const { number, prefix, madeAt, replacedAt, endsAt } = agentOldKey;
  return primary(d1)
    .select({ number, prefix, madeAt, replacedAt, endsAt })
    .from(agentOldKey)
    .where(eq(agentOldKey.agentId, agentId))
    .orderBy(desc(number))
    .all();
};

/** The statements of an effect, for the batch of its leaf. */
export const keyQueries = (effect: KeyEffect, place: Place): Query[] =>
  effect.kind === "agent-key-rotated" ? rotated(effect, place) : ended(effect);

/** As SQL, because the old key goes from one table to the other. */
function rotated(effect: Extract<KeyEffect, { kind: "agent-key-rotated" }>, place: Place): Query[] {
  const { agentId, number, keyHash, prefix, maker, at, endsAt } = effect;
  return [
    ...authorised(effect.authorised, place),
    agentStands(agentId),
    condition("change_is_next", "EXISTS (SELECT 1 FROM agent WHERE id = ?1 AND key_number = ?2 AND chain IS NULL)", agentId, number),
    {
      sql: `INSERT INTO agent_old_key (key_hash, agent_id, number, prefix, made_at, replaced_at, ends_at, maker, leaf_index)
            SELECT key_hash, id, key_number, key_prefix, coalesce(key_made_at, created_at), ?2, ?3, maker, ?4 FROM agent WHERE id = ?1`,
      params: [agentId, at, endsAt, place.leafIndex],
    },
    {
      sql: "UPDATE agent SET key_hash = ?2, key_number = ?3 + 1, key_prefix = ?4, key_made_at = ?5, maker = ?6 WHERE id = ?1",
      params: [agentId, keyHash, number, prefix, at, maker],
    },
  ];
}

/** Only what serves still: its end never gets later. */
const ended = ({ agentId, number, at }: Extract<KeyEffect, { kind: "agent-key-ended" }>): Query[] => [
  condition(
    "change_is_next",
    "EXISTS (SELECT 1 FROM agent_old_key WHERE agent_id = ?1 AND number = ?2 AND ends_at > ?3)",
    agentId,
    number,
    at,
  ),
  { sql: "UPDATE agent_old_key SET ends_at = ?3 WHERE agent_id = ?1 AND number = ?2", params: [agentId, number, at] },
];

/** Keys of agents that were replaced and serve still, in the query that every call of an agent begins with. No row is read of them where there are none. */
import { TOP } from "../chains/above.ts";

/** For `agent.id`: whose key of that hash was replaced and serves at that time. `is`: compares it. */
export const holderOfOldKey = (is: string, now: string): string =>
  `(SELECT agent_id FROM agent_old_key WHERE key_hash ${is} AND ends_at > ${now})`;

/** Those of `agent`, a row of that name: JSON of `{ hash, until }`. */
export const oldKeysAt = (now: string): string =>
  `(SELECT json_group_array(json_object('hash', key_hash, 'until', ends_at)) FROM agent_old_key WHERE agent_id = agent.id AND ends_at > ${now})`;

/**
 * Of `agent`, a row of that name: ids of who was shown a key that was replaced and serves still, as a JSON list. Whoever has one makes keys for
 * agents below with it, which go on for a day at most: so long it counts for those.
 */
export const formerMakersAt = (now: string): string =>
  `(SELECT json_group_array(maker) FROM agent_old_key WHERE agent_id = ${TOP} AND maker IS NOT NULL
    AND ends_at > CASE WHEN agent.chain IS NULL THEN ${now} ELSE strftime('%Y-%m-%dT%H:%M:%fZ', ${now}, '-1 day') END)`;

/** What `formerMakersAt` gives, as an agent's facts have it. */
export const formerMakersIn = (list: string): { formerMakers?: string[] } =>
  list === "[]" ? {} : { formerMakers: JSON.parse(list) as string[] };

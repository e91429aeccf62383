/** Keys of agents that were replaced and serve still, in the query that every call of an agent begins with. No row is read of them where there are none. */

/** For `agent.id`: whose key of that hash was replaced and serves at that time. `is`: compares it. */
export const holderOfOldKey = (is: string, now: string): string =>
  `(SELECT agent_id FROM agent_old_key WHERE key_hash ${is} AND ends_at > ${now})`;

/** Those of `agent`, a row of that name: JSON of `{ hash, until }`. */
export const oldKeysAt = (now: string): string =>
  `(SELECT json_group_array(json_object('hash', key_hash, 'until', ends_at)) FROM agent_old_key WHERE agent_id = agent.id AND ends_at > ${now})`;

/**
 * What of an agent is refused without asking (d1-migrations/0018), for the trip that reads how it stands. Of one below another it is what is
 * refused of the agent at the top, to which each denial below counts too.
 */
import { TOP } from "../chains/above.ts";

/** Those of `agent` in force at that time, as JSON, for whoever reads how it stands; null where there are none. */
export const patternsOfAgent = (now: string): string => `
  (SELECT CASE WHEN count(*) = 0 THEN NULL ELSE json_group_array(json_object('id', one.id, 'server', one.server, 'tool', one.tool,
      'action', one.action, 'argumentsHash', one.arguments_hash, 'comment', one.comment, 'until', one.until)) END
   FROM denied_pattern AS one INDEXED BY denied_pattern_standing
   WHERE one.agent_id = ${TOP} AND one.until > ${now} AND one.lifted_at IS NULL)`;

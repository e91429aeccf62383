/**
 * What an agent has open, out of the index of d1-migrations/0014, which has it by the set of people who could decide it: under each of the
 * sets that the agent is known to ask under. So nothing is read of what other agents have open, nor of what has ended.
 */

/** For `FROM`: the rows of approval, as `open`, of the agent that this parameter or column names. Conditions may follow. */
export const openOfAgent = (agentId: string): string => `
  asked_of AS own CROSS JOIN approval AS open INDEXED BY approval_waiting
  WHERE own.agent_id = ${agentId} AND open.eligible = own.eligible AND open.agent_id = own.agent_id AND open.ended_at IS NULL`;

/** The same to delete. */
export const deleteOpenOfAgent = (agentId: string): string => `
  DELETE FROM approval AS open INDEXED BY approval_waiting WHERE open.agent_id = ${agentId} AND open.ended_at IS NULL
    AND open.eligible IN (SELECT eligible FROM asked_of WHERE agent_id = ${agentId})`;

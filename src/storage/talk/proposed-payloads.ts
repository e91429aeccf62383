/** What was proposed to an agent with a denial, and what a page asks of it and of its denials. */
import type { ProposalEffect } from "#gate/approvals/object/object-ports.ts";
import type { Place, Query } from "../batch-condition.ts";
import { proposedPayload } from "../schema.ts";

/** The newest proposal of a payload is the one that an ask of it comes after. */
export const proposalQueries = ({ kind: _, by: byId, ...effect }: ProposalEffect, { database }: Place): Query[] => {
  const { requestId, at } = effect;
  const target = [proposedPayload.agentId, proposedPayload.payloadHash];
  return [
    database
      .insert(proposedPayload)
      .values({ ...effect, byId })
      .onConflictDoUpdate({ target, set: { requestId, byId, at } })
      .toSQL(),
  ];
};

/** What came before a request: as far as the log has it. */
export interface Foregoing {
  /** When something of its agent was last denied. */
  deniedAt: string | null;
  /** Who proposed just this payload to its agent, with the denial of which request. */
  proposed: { requestId: string; by: { id: string; username: string; display_name: string } } | null;
}

export async function foregoing(d1: D1Database, agentId: string, payloadHash: string): Promise<Foregoing> {
  const found = await d1
    .prepare(
      `SELECT agent.denied_at AS deniedAt, proposed.request_id AS requestId, person.id, person.username, person.display_name
       FROM agent LEFT JOIN proposed_payload AS proposed ON proposed.agent_id = agent.id AND proposed.payload_hash = ?2
         LEFT JOIN person ON person.id = proposed.by_id
       WHERE agent.id = ?1`,
    )
    .bind(agentId, payloadHash)
    .first<{ deniedAt: string | null; requestId: string | null; id: string | null; username: string; display_name: string }>();
  const { deniedAt = null, requestId = null, id = null, username = "", display_name = "" } = found ?? {};
  return { deniedAt, proposed: requestId === null || id === null ? null : { requestId, by: { id, username, display_name } } };
}

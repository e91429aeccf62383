/** What was proposed to an agent with a denial, and what a page asks of it and of its denials. */
import type { ProposalEffect } from "#gate/approvals/object/object-ports.ts";
import { and, eq, sql } from "drizzle-orm";
import type { Place, Query } from "../batch-condition.ts";
import { DENIED_AT } from "../chains/above.ts";
import { standingCredentialsOf } from "../people.ts";
import { primary } from "../primary.ts";
import { agent, person, proposedPayload } from "../schema.ts";

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
  /** When something of the agent at the top, or of one below that, was last denied. */
  deniedAt: string | null;
  /** Who proposed just this payload to its agent, with the denial of which request. */
  proposed: { requestId: string; by: { id: string; username: string; display_name: string } } | null;
}

/** The passkeys with which this person may sign, and what came before a request of that agent for that payload; in one trip. */
export async function readForDeciding(
  d1: D1Database,
  personId: string,
  agentId: string,
  payloadHash: string,
): Promise<{ credentials: Awaited<ReturnType<typeof standingCredentialsOf>>; before: Foregoing }> {
  const isOfThis = and(eq(proposedPayload.agentId, agent.id), eq(proposedPayload.payloadHash, payloadHash));
  const asked = primary(d1)
    .select({
      deniedAt: sql<string | null>`${sql.raw(DENIED_AT)}`.as("denied_at_of_top"),
      requestId: proposedPayload.requestId,
      id: person.id,
      username: person.username,
      display_name: person.displayName,
    })
    .from(agent)
    .leftJoin(proposedPayload, isOfThis)
    .leftJoin(person, eq(person.id, proposedPayload.byId))
    .where(eq(agent.id, agentId));
  const [credentials, [found]] = await primary(d1).batch([standingCredentialsOf(d1, personId), asked]);
  const { deniedAt = null, requestId = null, id = null, username = null, display_name = null } = found ?? {};
  const isProposed = requestId !== null && id !== null && username !== null && display_name !== null;
  return { credentials, before: { deniedAt, proposed: isProposed ? { requestId, by: { id, username, display_name } } : null } };
}

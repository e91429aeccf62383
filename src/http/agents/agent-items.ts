/** What `/api/v1/agents` and the page of agents show besides the agents (api/people-data.ts). */
import type { ProposedAgent } from "#api/people-data.ts";
import { agentOfStatement } from "#gate/agents/create-agent.ts";
import { readKeptSignatures } from "#http/signatures/kept-signatures.ts";

/** Agents that one admin has signed for and another has to. `adminsRequired` is the deployment's. */
export async function proposedAgents(d1: D1Database, adminsRequired: number, nowMs: number): Promise<ProposedAgent[]> {
  const kept = await readKeptSignatures(d1, adminsRequired, nowMs);
  return kept.operations().flatMap(({ first, progress }) => {
    const agent = agentOfStatement(first.authorisation.statement);
    return agent === null ? [] : [{ ...agent, ...progress, expires_at: first.expiresAt }];
  });
}

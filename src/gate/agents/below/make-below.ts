/**
 * An agent makes a key for an agent below it: for a while, and for no more than it may do itself. It only narrows what its own key opens, so
 * that nobody signs for it. The key is shown once and kept as a hash.
 */
import { API_KEY_RANDOM_BYTES, apiKeyFrom, apiKeyHash } from "#countersign/documents/api-key.ts";
import { MOST_IN_CHAIN } from "#countersign/documents/agents/chain.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, whyRefused } from "#gate/log/append-record.ts";
import { type Below, type CallScope, scopeWithin, type BelowWish, wholeChain } from "#rules/agents/below.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import type { KeyHolder } from "../activity/remote-activity.ts";
import type { AgentEffect } from "../agent-effects.ts";
import { isNameTaken } from "../create-agent.ts";
import type { BelowPorts } from "./below-ports.ts";

export interface MadeBelow {
  id: string;
  name: string;
  key: string;
  below: Below;
}

export type MakingRefusal =
  | { reason: "chain-too-deep"; most: number }
  | { reason: "wider-than-above"; until: string | null }
  | { reason: "name-of-another-agent" | "parent-halted" | "parent-renamed" | "too-many-below" };

/** Why it is not written, by the condition of its batch that does not hold. */
export const BELOW_REFUSALS = {
  parent_stands: "parent-halted",
  parent_has_name: "parent-renamed",
  name_is_free: "name-of-another-agent",
  few_below: "too-many-below",
} as const;

const HOUR_MS = 3_600_000;

/** The scope and end of what is wished for; refused where that is more than the agent above has. */
function within(wish: BelowWish, above: Below | undefined, nowMs: number): Result<{ scope: CallScope; endsAt: string }, MakingRefusal> {
  const scope = scopeWithin(above?.scope, wish);
  const hour = timestamp(nowMs + HOUR_MS);
  const unsaid = above !== undefined && above.endsAt < hour ? above.endsAt : hour;
  const endsAt = wish.seconds === null ? unsaid : timestamp(nowMs + wish.seconds * 1_000);
  if (scope === null || (above !== undefined && endsAt > above.endsAt))
    return refuse({ reason: "wider-than-above", until: above?.endsAt ?? null });
  return accept({ scope, endsAt });
}

/**
 * 1. the chain has room, and no more is asked for than the agent above has; 2. no agent that stands could be taken for it; 3. agent, chain
 * and leaf are written together, if those above stand in that moment and few are below the one at the top.
 */
export async function makeBelow(
  name: string,
  wish: BelowWish,
  { agent, facts }: { agent: KeyHolder; facts: AgentFacts },
  ports: BelowPorts,
): Promise<Result<MadeBelow, MakingRefusal>> {
  const own = { id: agent.id, name: facts.name };
  const chain = facts.below === undefined ? [own] : wholeChain(facts.below, own);
  const most = Math.min(ports.mostInChain, MOST_IN_CHAIN);
  if (chain.length >= most) return refuse({ reason: "chain-too-deep", most }); // 1
  if (facts.isStopped) return refuse({ reason: "parent-halted" });
  const limits = within(wish, facts.below, ports.now());
  if (!limits.ok) return limits;
  const id = `agt_${b64u(ports.random(16))}`;
  if (await isNameTaken({ id, name }, ports)) return refuse({ reason: "name-of-another-agent" }); // 2

  const key = apiKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  const below: Below = { chain, ...limits.value };
  const row = { id, name, owner: agent.owner, keyHash: apiKeyHash(key), ...(facts.maker !== null && { maker: facts.maker }) };
  const { servers, tools } = below.scope;
  const members = {
    agent: { id, name, owner: agent.owner },
    chain: wholeChain(below, { id, name }),
    until: below.endsAt,
    servers: servers === null ? null : [...servers],
    tools: tools === null ? null : [...tools],
  };
  const effect = (at: string): AgentEffect => ({ kind: "agent-delegated", agent: { ...row, createdAt: at }, below });
  const outcome = await appendRecord({ kind: "agent.delegated", members, effect }, ports); // 3
  if (outcome.status === "refused") return refuse({ reason: whyRefused(outcome.constraint, BELOW_REFUSALS) });
  if (outcome.status === "conflict") throw new Error("an agent's id was given twice");
  return accept({ id, name, key, below });
}

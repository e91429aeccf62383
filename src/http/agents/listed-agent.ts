/** Agents as pages show them in rows. */
import type { Context } from "hono";
import type { AgentItem } from "#api/people-data.ts";
import type { App } from "#http/context.ts";
import type { ListedAgent } from "#pages/agents/agent-view.ts";
import { namesOf } from "#storage/people.ts";

type Row = Omit<AgentItem, "key_prefix">;

export const listedAgent = (
  { id, name, owner, groups, stopped, created_at, revoked_at, below }: Row,
  names: ReadonlyMap<string, string>,
): ListedAgent => ({
  id,
  name,
  owner,
  groups,
  stopped,
  ownerName: names.get(owner) ?? owner,
  createdAt: created_at,
  revokedAt: revoked_at,
  ...(below !== undefined && { below }),
});

/** Usernames by id. */
export const usernamesOf = async (c: Context<App>, ids: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map((await namesOf(c.var.near.read, ids)).map(({ id, username }) => [id, username]));

/** The page of agents, for admins, and for auditors to read; and the one that stops them, for approvers too. */
import type { Context } from "hono";
import { patternItem } from "#api/patterns/pattern-data.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { AgentItem } from "#api/people-data.ts";
import type { ListedAgent } from "#pages/agents/agent-view.ts";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { AgentsRecordPage } from "#pages/agents/agents-record-page.tsx";
import { StopPage } from "#pages/agents/stop-page.tsx";
import { patternsInForce } from "#storage/patterns/patterns.ts";
import { namesOf } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { agentsAsTheyAre } from "./agent-items.ts";

const listedAgent = ({ created_at, revoked_at, below, ...agent }: AgentItem, names: ReadonlyMap<string, string>): ListedAgent => ({
  ...agent,
  ownerName: names.get(agent.owner) ?? agent.owner,
  createdAt: created_at,
  revokedAt: revoked_at,
  ...(below !== undefined && { below }),
});

/** Usernames by id. */
const usernames = async (c: Context<App>, ids: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map((await namesOf(c.var.near.read, ids)).map(({ id, username }) => [id, username]));

/** `GET /admin/agents`. */
export async function agentsPage(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  const nowMs = Date.now();
  const [{ items, stops, proposed }, refused] = await Promise.all([
    agentsAsTheyAre(c.env.DB, config.adminsRequired, nowMs),
    patternsInForce(c.env.DB, timestamp(nowMs)),
  ]);
  const { waiting, changes, releases } = proposed;
  const signers = [...waiting, ...changes, ...releases].flatMap(({ signed_by }) => signed_by);
  const names = await usernames(c, [...items.map(({ owner }) => owner), ...waiting.map(({ owner }) => owner), ...signers]);
  const patterns = refused.map(patternItem);
  const shown = { person: pagePerson(person), agents: items.map((agent) => listedAgent(agent, names)), waiting, names, patterns };
  if (!shown.person.mayAdminister) return c.html(<AgentsRecordPage {...shown} />);
  return c.html(<AgentsPage {...shown} changes={changes} releases={releases} everything={stops.everything} origin={config.origin} />);
}

/** `GET /stop`, or of one agent with those above and below it: `GET /stop?agent=<id>`. */
export async function stopPage(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  const { items, stops } = await agentsAsTheyAre(c.env.DB, config.adminsRequired, Date.now());
  const asked = c.req.query("agent");
  const isInChain = ({ id, below }: AgentItem) => below?.chain.some((one) => one.id === asked) === true || chainOfAsked.includes(id);
  const chainOfAsked = items.find(({ id }) => id === asked)?.below?.chain.map(({ id }) => id) ?? [];
  const standing = items.filter((item) => item.revoked_at === null && (asked === undefined || item.id === asked || isInChain(item)));
  const names = await usernames(
    c,
    standing.map(({ owner }) => owner),
  );
  const agents = standing.map((agent) => listedAgent(agent, names));
  return c.html(<StopPage person={pagePerson(person)} agents={agents} isOne={asked !== undefined} everything={stops.everything} />);
}

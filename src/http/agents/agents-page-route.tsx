/** The page of agents, for admins, and for auditors to read; and the one that stops them, for approvers too. */
import type { Context } from "hono";
import { agentsQuery } from "#api/agents/agent-data.ts";
import { checkInput } from "#api/check-input.ts";
import { patternItem } from "#api/patterns/pattern-data.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { AgentItem } from "#api/people-data.ts";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { AgentsRecordPage } from "#pages/agents/agents-record-page.tsx";
import { StopPage } from "#pages/agents/stop-page.tsx";
import { patternsInForce } from "#storage/patterns/patterns.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { agentRoutesFailure } from "./agent-failures.ts";
import { agentsAsTheyAre } from "./agent-items.ts";
import { agentsPageOf } from "./agent-page-of.ts";
import { listedAgent, usernamesOf } from "./listed-agent.ts";

/** `GET /admin/agents?q=&state=&cursor=`. */
export async function agentsPage(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  // A form sends its empty fields too.
  const given = Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ""));
  const query = checkInput(agentsQuery, given);
  if (!query.ok) return problem(c, query.refusal);
  const nowMs = Date.now();
  const [page, refused] = await Promise.all([
    agentsPageOf(c.env.DB, query.value, config.adminsRequired, nowMs),
    patternsInForce(c.env.DB, timestamp(nowMs)),
  ]);
  if (!page.ok) return problem(c, agentRoutesFailure(page.refusal));
  const { items, known, stops, proposed, next } = page.value;
  const { waiting, changes, releases, rotations } = proposed;
  const signers = [...waiting, ...changes, ...releases, ...rotations].flatMap(({ signed_by }) => signed_by);
  const names = await usernamesOf(c, [...known.map(({ owner }) => owner), ...waiting.map(({ owner }) => owner), ...signers]);
  const rows = (agents: readonly AgentItem[]) => agents.map((agent) => listedAgent(agent, names));
  const { cursor: _, ...filter } = query.value;
  const patterns = refused.map(patternItem);
  const shown = { person: pagePerson(person), agents: rows(items), waiting, names, patterns, filter, next };
  if (!shown.person.mayAdminister) return c.html(<AgentsRecordPage {...shown} />);
  const more = { changes, releases, rotations, known: rows(known), everything: stops.everything, origin: config.origin };
  return c.html(<AgentsPage {...shown} {...more} />);
}

/** `GET /stop`, or of one agent with those above and below it: `GET /stop?agent=<id>`. */
export async function stopPage(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  const { items, stops } = await agentsAsTheyAre(c.env.DB, config.adminsRequired, Date.now());
  const asked = c.req.query("agent");
  const isInChain = ({ id, below }: AgentItem) => below?.chain.some((one) => one.id === asked) === true || chainOfAsked.includes(id);
  const chainOfAsked = items.find(({ id }) => id === asked)?.below?.chain.map(({ id }) => id) ?? [];
  const standing = items.filter((item) => item.revoked_at === null && (asked === undefined || item.id === asked || isInChain(item)));
  const names = await usernamesOf(
    c,
    standing.map(({ owner }) => owner),
  );
  const agents = standing.map((agent) => listedAgent(agent, names));
  return c.html(<StopPage person={pagePerson(person)} agents={agents} isOne={asked !== undefined} everything={stops.everything} />);
}

/** `/admin/agents` for auditors: every agent, with those that wait for a second signature. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import type { ProposedAgent } from "#api/people-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { timeText } from "#pages/kit/time-text.ts";
import { onlyRead } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { RefusedSection } from "#pages/patterns/refused-section.tsx";
import { agentsTexts as texts } from "#texts/agents.ts";
import { type AgentsFilter, AgentSearch, isFiltered, LaterAgents } from "./agent-search.tsx";
import { agentRow, type ListedAgent } from "./agent-view.ts";

interface AgentsRecordPageProps {
  person: PagePerson;
  agents: readonly ListedAgent[];
  /** Those that lack another admin's signature. */
  waiting: readonly ProposedAgent[];
  /** Usernames by id. */
  names: ReadonlyMap<string, string>;
  /** What is refused without asking. */
  patterns?: readonly PatternItem[];
  /** What of the list is shown, and where it goes on. */
  filter?: AgentsFilter;
  next?: string | null;
}

export const AgentsRecordPage: FC<AgentsRecordPageProps> = ({
  person,
  agents,
  waiting,
  names,
  patterns = [],
  filter = {},
  next = null,
}) => {
  const nameOf = (id: string): string => names.get(id) ?? id;
  return (
    <Layout title={texts.title} sheets={["desk"]} person={person} here="/admin/agents">
      <main id="agents">
        <h1>{texts.title}</h1>
        <p>{texts.aboutToAuditors}</p>
        {waiting.length === 0 ? null : (
          <section aria-labelledby="waiting-title">
            <h2 id="waiting-title">{texts.waiting}</h2>
            <ul class="rows">
              {waiting.map((agent) => (
                <li>
                  <span class="what">
                    <Text value={agent.name} />
                  </span>
                  <span class="who">
                    {texts.waitingRow(nameOf(agent.owner), agent.signed_by.map(nameOf).join(texts.and), timeText(agent.expires_at))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <h2>{texts.all}</h2>
        <AgentSearch filter={filter} />
        {agents.length === 0 ? <p class="nothing">{isFiltered(filter) ? texts.noneLikeThis : texts.noneToAuditors}</p> : null}
        <ul class="rows wide">{agents.map((agent) => toJsx(onlyRead(agentRow(agent))))}</ul>
        <LaterAgents filter={filter} next={next} />
        <RefusedSection person={person} patterns={patterns} onlyRead />
      </main>
    </Layout>
  );
};

/** `/admin/agents` for auditors: every agent, with those that wait for a second signature. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import type { ProposedAgent } from "#api/people-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { timeText } from "#pages/kit/time-text.ts";
import { onlyRead } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { RefusedSection } from "#pages/patterns/refused-section.tsx";
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
}

export const AgentsRecordPage: FC<AgentsRecordPageProps> = ({ person, agents, waiting, names, patterns = [] }) => {
  const nameOf = (id: string): string => names.get(id) ?? id;
  return (
    <Layout title="Agents" sheets={["desk"]} person={person} here="/admin/agents">
      <main id="agents">
        <h1>Agents</h1>
        <p>As an auditor you see every agent. Admins make and revoke them, and sign for it.</p>
        {waiting.length === 0 ? null : (
          <section aria-labelledby="waiting-title">
            <h2 id="waiting-title">Waiting for a second admin’s signature</h2>
            <ul class="rows">
              {waiting.map((agent) => (
                <li>
                  <span class="what">
                    <Text value={agent.name} />
                  </span>
                  <span class="who">
                    owner {nameOf(agent.owner)}, signed by {agent.signed_by.map(nameOf).join(" and ")}, until {timeText(agent.expires_at)}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <h2>All agents</h2>
        {agents.length === 0 ? <p class="nothing">No agent yet. When an admin makes one, it appears here.</p> : null}
        <ul class="rows wide">{agents.map((agent) => toJsx(onlyRead(agentRow(agent))))}</ul>
        <RefusedSection person={person} patterns={patterns} onlyRead />
      </main>
    </Layout>
  );
};

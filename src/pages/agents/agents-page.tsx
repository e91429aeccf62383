/** `/admin/agents`: which agents there are, making one (signed with the admin's passkey), and revoking one. */
import type { FC } from "hono/jsx";
import {
  agentRow,
  type ListedAgent,
  proposedAgentView,
  proposedChangeView,
  proposedReleaseView,
  proposedRotationView,
  stopChoice,
  stoppedView,
} from "./agent-view.ts";
import { agentsBlock } from "./agents-block.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { AGENTS_BLOCK_ID } from "#api/people-shapes.ts";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import type { ProposedAgent, ProposedChange, ProposedRelease, ProposedRotation, StopItem } from "#api/people-data.ts";
import { type AgentsFilter, AgentSearch, isFiltered, LaterAgents } from "./agent-search.tsx";
import { GroupsDialog, KeySnippets } from "./agent-parts.tsx";
import { agentsTexts as texts } from "#texts/agents.ts";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import { RefusedSection } from "#pages/patterns/refused-section.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";

interface AgentsPageProps {
  person: PagePerson;
  agents: readonly ListedAgent[];
  /** Those that lack another admin's signature. */
  waiting: readonly ProposedAgent[];
  /** Groups of agents, and releases of stops, that lack it. */
  changes?: readonly ProposedChange[];
  releases?: readonly ProposedRelease[];
  /** Keys of agents that are to be replaced, and lack it. */
  rotations?: readonly ProposedRotation[];
  /** What of the list is shown, and where it goes on. */
  filter?: AgentsFilter;
  next?: string | null;
  /** Those that can be changed here, whether they are on this page of the list or not; left out: those that are. */
  known?: readonly ListedAgent[];
  /** The stop of everything; null if it is not stopped. */
  everything?: StopItem | null;
  /** Usernames by id, of the admins who signed for those. */
  names: ReadonlyMap<string, string>;
  /** The service's public origin, for the clients' configuration. */
  origin: string;
  /** What is refused without asking. */
  patterns?: readonly PatternItem[];
}

/** Filled by the script with the new agent's key, which the server gives out once. */
const Created: FC = () => (
  <section id="created" class="created" aria-labelledby="created-title" tabindex={-1} hidden>
    <h2 id="created-title">{texts.created.title(<span id="created-name"></span>)}</h2>
    <p>{texts.created.once}</p>
    <KeySnippets />
  </section>
);

export const AgentsPage: FC<AgentsPageProps> = ({
  person,
  agents,
  waiting,
  changes = [],
  releases = [],
  everything = null,
  names,
  origin,
  patterns = [],
  rotations = [],
  filter = {},
  next = null,
  known,
}) => (
  <Layout title={texts.title} sheets={["desk"]} script="agents.js" person={person} here="/admin/agents">
    <main
      id="agents"
      data-origin={origin}
      data-person={person.id}
      data-person-name={person.displayName === "" ? person.username : person.displayName}
    >
      <h1>{texts.title}</h1>
      <p>{texts.about}</p>
      <form id="create" class="inline" novalidate>
        <Field
          id="name"
          name="name"
          label={texts.create.name}
          hint={texts.create.nameHint}
          refusable
          required
          maxlength={80}
          autocomplete="off"
          spellcheck={false}
        />
        <Message />
        <button type="submit" class="primary">
          {texts.create.verb}
        </button>
        <p class="hint">{texts.create.signed}</p>
      </form>
      <NeedsScript />
      <Created />
      <section
        id="waiting"
        aria-labelledby="waiting-title"
        hidden={waiting.length + changes.length + releases.length + rotations.length === 0}
      >
        <h2 id="waiting-title">{texts.waiting}</h2>
        <ul class="cards">
          {waiting.map((agent) => toJsx(proposedAgentView(agent, person.id, names)))}
          {changes.map((change) => toJsx(proposedChangeView(change, person.id, names)))}
          {releases.map((release) => toJsx(proposedReleaseView(release, person.id, names)))}
          {rotations.map((rotation) => toJsx(proposedRotationView(rotation, person.id, names, false)))}
        </ul>
      </section>
      <h2>{texts.all}</h2>
      <AgentSearch filter={filter} />
      <p class="nothing" id="no-agents" hidden={agents.length > 0}>
        {isFiltered(filter) ? texts.noneLikeThis : texts.none}
      </p>
      <ul class="rows wide" id="agent-list" hidden={agents.length === 0}>
        {agents.map((agent) => toJsx(agentRow(agent)))}
      </ul>
      <LaterAgents filter={filter} next={next} />
      <RefusedSection person={person} patterns={patterns} />
      <h2>{texts.everything.title}</h2>
      <p>{everything === null ? texts.everything.about : toJsx(stoppedView(everything))}</p>
      <p>{toJsx(stopChoice(null, everything))}</p>
      <GroupsDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={AGENTS_BLOCK_ID} data={agentsBlock(known ?? agents, everything)} />
  </Layout>
);

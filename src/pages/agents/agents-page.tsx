/** `/admin/agents`: which agents there are, making one (signed with the admin's passkey), and revoking one. */
import type { FC } from "hono/jsx";
import {
  agentRow,
  type ListedAgent,
  proposedAgentView,
  proposedChangeView,
  proposedReleaseView,
  stopChoice,
  stoppedView,
} from "./agent-view.ts";
import { agentsBlock } from "./agents-block.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { AGENTS_BLOCK_ID } from "#api/people-shapes.ts";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import type { ProposedAgent, ProposedChange, ProposedRelease, StopItem } from "#api/people-data.ts";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
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
    <h2 id="created-title">
      Agent <span id="created-name"></span> is ready
    </h2>
    <p>This is the only time its key is shown. Whoever has it can ask for approvals in this agent’s name, and nothing more.</p>
    <Snippet id="key" title="Key" copies="Copy key" />
    <Snippet id="claude-code" title="Claude Code" copies="Copy command" />
    <Snippet id="mcp-servers" title="Other MCP clients" copies="Copy configuration" />
    <Copied />
  </section>
);

const GroupsDialog: FC = () => (
  <FormDialog id="change" verb="Sign change" hint="You sign this with your passkey.">
    <Field
      id="change-groups"
      name="groups"
      label="Groups"
      hint="Names of your own, separated by commas, such as “staging”. Rules of the policy can name them."
      refusable
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
  </FormDialog>
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
}) => (
  <Layout title="Agents" sheets={["desk"]} script="agents.js" person={person} here="/admin/agents">
    <main
      id="agents"
      data-origin={origin}
      data-person={person.id}
      data-person-name={person.displayName === "" ? person.username : person.displayName}
    >
      <h1>Agents</h1>
      <p>An agent asks for approvals with a key of its own. It cannot decide, enrol anyone, or change any rule.</p>
      <form id="create" class="inline" novalidate>
        <Field
          id="name"
          name="name"
          label="Name"
          hint="Approvers read it on every request, such as “release-bot”."
          refusable
          required
          maxlength={80}
          autocomplete="off"
          spellcheck={false}
        />
        <Message />
        <button type="submit" class="primary">
          Create agent
        </button>
        <p class="hint">You sign this with your passkey.</p>
      </form>
      <NeedsScript />
      <Created />
      <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length + changes.length + releases.length === 0}>
        <h2 id="waiting-title">Waiting for a second admin’s signature</h2>
        <ul class="cards">
          {waiting.map((agent) => toJsx(proposedAgentView(agent, person.id, names)))}
          {changes.map((change) => toJsx(proposedChangeView(change, person.id, names)))}
          {releases.map((release) => toJsx(proposedReleaseView(release, person.id, names)))}
        </ul>
      </section>
      <h2>All agents</h2>
      <p class="nothing" id="no-agents" hidden={agents.length > 0}>
        No agent yet. Name one above; its key and ready configuration appear here once.
      </p>
      <ul class="rows wide" id="agent-list" hidden={agents.length === 0}>
        {agents.map((agent) => toJsx(agentRow(agent)))}
      </ul>
      <RefusedSection person={person} patterns={patterns} />
      <h2>Everything</h2>
      <p>
        {everything === null ? "Stopping everything stops every agent at once, until admins release it." : toJsx(stoppedView(everything))}
      </p>
      <p>{toJsx(stopChoice(null, everything))}</p>
      <GroupsDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={AGENTS_BLOCK_ID} data={agentsBlock(agents, everything)} />
  </Layout>
);

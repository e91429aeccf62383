/** `/stop`: what is stopped, and the buttons that stop an agent or everything, for whoever may. Releases are admins', and signed. */
import type { FC } from "hono/jsx";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { AGENTS_BLOCK_ID } from "#api/people-shapes.ts";
import type { StopItem } from "#api/people-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, onlyRead, styled, type ViewElement } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { agentNameId, belowView, type ListedAgent, stopChoice, stoppedIn, stoppedView } from "./agent-view.ts";
import { agentsBlock } from "./agents-block.ts";

interface StopPageProps {
  person: PagePerson;
  /** Those that are not revoked; only the one that is asked for, if one is. */
  agents: readonly ListedAgent[];
  /** Whether one is asked for. */
  isOne: boolean;
  everything: StopItem | null;
}

/** A row with its button, if there is one for this person: approvers stop, and admins release as well. */
function rowView(agent: ListedAgent, person: PagePerson): ViewElement {
  const { id, name, ownerName, stopped, below } = agent;
  const choice = styled("span", "when", ...stoppedIn(agent), stopChoice(agent, stopped));
  const row = element(
    "li",
    { "data-agent": id, ...(below === undefined ? {} : { "data-below": String(below.chain.length - 1) }) },
    element("span", { class: "what", id: agentNameId(id) }, textView(name)),
    below === undefined ? styled("span", "who", "owner ", textView(ownerName)) : styled("span", "who", ...belowView(below)),
    choice,
  );
  const isTheirs = stopped === null ? person.mayStop === true : person.mayAdminister;
  return isTheirs ? row : onlyRead(row);
}

const Everything: FC<Pick<StopPageProps, "person" | "everything">> = ({ person, everything }) => (
  <section aria-labelledby="everything-title">
    <h2 id="everything-title">Everything</h2>
    <p>{everything === null ? "Every agent at once, until admins release it." : toJsx(stoppedView(everything))}</p>
    {person.mayAdminister ? <p>{toJsx(stopChoice(null, everything))}</p> : null}
  </section>
);

export const StopPage: FC<StopPageProps> = ({ person, agents, isOne, everything }) => (
  <Layout title="Stop" sheets={["desk"]} script={person.mayStop === true ? "stop.js" : "signed-in.js"} person={person} here="/stop">
    <main id="stops" data-person={person.id}>
      <h1>Stop</h1>
      <p>
        A stopped agent can ask for nothing and use nothing, from this moment until admins release it. What it has asked for before is void
        for good. Whoever stops one stops every agent below it. What it does without asking here is not stopped: for that, end it where it
        runs.
      </p>
      {person.mayStop === true ? <Message /> : null}
      {person.mayStop === true ? <NeedsScript /> : null}
      <h2>{isOne ? (agents.length > 1 ? "This agent, and those above and below it" : "This agent") : "Agents"}</h2>
      {agents.length === 0 ? <p class="nothing">{isOne ? "There is no such agent." : "No agent yet."}</p> : null}
      <ul class="rows wide">{agents.map((agent) => toJsx(rowView(agent, person)))}</ul>
      {isOne ? (
        <p>
          <a href="/stop">All agents, and everything</a>
        </p>
      ) : (
        <Everything person={person} everything={everything} />
      )}
      {person.mayStop === true ? <ConfirmDialog /> : null}
    </main>
    {person.mayStop === true ? <DataBlock id={AGENTS_BLOCK_ID} data={agentsBlock(agents, everything)} /> : null}
  </Layout>
);

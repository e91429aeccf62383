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
import { agentsTexts as texts } from "#texts/agents.ts";
import { agentsScriptTexts } from "#texts/browser/agents.ts";

const rowTexts = agentsScriptTexts.row;

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
    below === undefined ? styled("span", "who", ...rowTexts.owner(textView(ownerName))) : styled("span", "who", ...belowView(below)),
    choice,
  );
  const isTheirs = stopped === null ? person.mayStop === true : person.mayAdminister;
  return isTheirs ? row : onlyRead(row);
}

const Everything: FC<Pick<StopPageProps, "person" | "everything">> = ({ person, everything }) => (
  <section aria-labelledby="everything-title">
    <h2 id="everything-title">{texts.everything.title}</h2>
    <p>{everything === null ? texts.everything.aboutShort : toJsx(stoppedView(everything))}</p>
    {person.mayAdminister ? <p>{toJsx(stopChoice(null, everything))}</p> : null}
  </section>
);

export const StopPage: FC<StopPageProps> = ({ person, agents, isOne, everything }) => (
  <Layout
    title={texts.stop.title}
    sheets={["desk"]}
    script={person.mayStop === true ? "stop.js" : "signed-in.js"}
    person={person}
    here="/stop"
  >
    <main id="stops" data-person={person.id}>
      <h1>{texts.stop.title}</h1>
      <p>{texts.stop.about}</p>
      {person.mayStop === true ? <Message /> : null}
      {person.mayStop === true ? <NeedsScript /> : null}
      <h2>{isOne ? (agents.length > 1 ? texts.stop.chain : texts.stop.one) : texts.stop.agents}</h2>
      {agents.length === 0 ? <p class="nothing">{isOne ? texts.stop.noSuch : texts.stop.none}</p> : null}
      <ul class="rows wide">{agents.map((agent) => toJsx(rowView(agent, person)))}</ul>
      {isOne ? (
        <p>
          <a href="/stop">{texts.stop.all}</a>
        </p>
      ) : (
        <Everything person={person} everything={everything} />
      )}
      {person.mayStop === true ? <ConfirmDialog /> : null}
    </main>
    {person.mayStop === true ? <DataBlock id={AGENTS_BLOCK_ID} data={agentsBlock(agents, everything)} /> : null}
  </Layout>
);

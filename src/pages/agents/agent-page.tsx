/** `/admin/agents/<id>`: one agent, what it did lately, and what admins do about it. Auditors read it. */
import type { FC } from "hono/jsx";
import type { AgentDetail } from "#api/agents/agent-data.ts";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import { AGENTS_BLOCK_ID } from "#api/people-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { Snippet } from "#pages/kit/snippet.tsx";
import { textView } from "#pages/kit/text-view.ts";
import { element, onlyRead, type View, type ViewElement } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { RefusedSection } from "#pages/patterns/refused-section.tsx";
import { agentsTexts } from "#texts/agents.ts";
import { agentsScriptTexts } from "#texts/browser/agents.ts";
import { GroupsDialog, KeySnippets, RenameDialog } from "./agent-parts.tsx";
import { DoneLately, OldKeys } from "./agent-past.tsx";
import {
  agentRow,
  belowView,
  type ListedAgent,
  namesView,
  proposedChangeView,
  proposedReleaseView,
  proposedRotationView,
  stopChoice,
  stoppedIn,
} from "./agent-view.ts";
import { agentsBlock } from "./agents-block.ts";
import { clientSetups, KEY_VARIABLE } from "./client-setup.ts";

const texts = agentsTexts.one;

interface AgentPageProps {
  person: PagePerson;
  agent: AgentDetail;
  /** The same, and those below it, as rows. */
  listed: ListedAgent;
  below: readonly ListedAgent[];
  /** Usernames by id. */
  names: ReadonlyMap<string, string>;
  /** What of it is refused without asking. */
  patterns: readonly PatternItem[];
  /** The service's public origin. */
  origin: string;
  /** When it is. */
  now: string;
}

/** How it stands, in a line. */
function stateView(listed: ListedAgent): View[] {
  if (listed.revokedAt !== null) return texts.revoked<View>(timeView(listed.revokedAt));
  const stopped = stoppedIn(listed);
  return stopped.length === 0 ? [texts.running] : stopped;
}

function keyView({ key, below }: AgentDetail): View[] {
  if (below !== undefined) return [texts.ownKeyBelow];
  return [texts.key(key.number, key.prefix), ...texts.keyMade<View>(timeView(key.made_at))];
}

function termsView(agent: AgentDetail, listed: ListedAgent): ViewElement {
  const time = (at: string | null): View => (at === null ? texts.never : timeView(at));
  const { terms } = texts;
  return termList(
    term(terms.state, ...stateView(listed)),
    term(terms.owner, textView(agent.owner_name)),
    ...(agent.below === undefined
      ? [term(terms.groups, ...(agent.groups.length === 0 ? [texts.noGroup] : namesView(agent.groups)))]
      : [term(terms.key, ...belowView(agent.below))]),
    term(terms.created, timeView(agent.created_at)),
    term(terms.key, ...keyView(agent)),
    term(terms.lastAsked, time(agent.last_asked_at)),
    term(terms.lastCall, agent.recent_calls === null ? texts.calls.unknown : time(agent.last_call_at)),
    term(terms.id, textView(agent.id, "id")),
  );
}

/** What an admin does about an agent that stands. */
function waysView(listed: ListedAgent): ViewElement {
  const { id, stopped, below } = listed;
  const ofTop = [
    choiceView({ kind: "groups", key: id, style: "link" }, agentsScriptTexts.row.groups),
    choiceView({ kind: "rename", key: id, style: "link" }, agentsScriptTexts.row.rename),
    choiceView({ kind: "rotate", key: id, style: "link" }, texts.rotate.button),
  ];
  const ways = [
    stopChoice({ id }, stopped),
    ...(below === undefined ? ofTop : []),
    ...(stopped === null ? [choiceView({ kind: "test", key: id, style: "link" }, texts.test)] : []),
    choiceView({ kind: "revoke", key: id, style: "link danger" }, agentsScriptTexts.row.revoke),
  ];
  return element("p", { class: "ways" }, ...ways.flatMap((way, at) => (at === 0 ? [way] : [" ", way])));
}

const RotateDialog: FC = () => (
  <FormDialog id="rotate" title={texts.rotate.title} verb={texts.rotate.verb} hint={texts.rotate.signed}>
    <Field
      id="rotate-hours"
      name="hours"
      label={texts.rotate.hours}
      hint={texts.rotate.hint}
      refusable
      type="number"
      min={0}
      max={168}
      step={1}
      value="24"
      autocomplete="off"
    />
  </FormDialog>
);

const Waiting: FC<Pick<AgentPageProps, "person" | "agent" | "names">> = ({ person, agent, names }) => {
  const cards = [
    ...agent.changes.map((change) => proposedChangeView(change, person.id, names)),
    ...agent.releases.map((release) => proposedReleaseView(release, person.id, names)),
    ...agent.rotations.map((rotation) => proposedRotationView(rotation, person.id, names, true)),
  ];
  return (
    <section id="waiting" aria-labelledby="waiting-title" hidden={cards.length === 0}>
      <h2 id="waiting-title">{agentsTexts.waiting}</h2>
      <ul class="cards">{cards.map((card) => toJsx(person.mayAdminister ? card : onlyRead(card)))}</ul>
    </section>
  );
};

/** Each client's own form, folded: somebody has one of them. */
const Connect: FC<{ origin: string }> = ({ origin }) => (
  <section aria-labelledby="connect-title">
    <h2 id="connect-title">{texts.connect.title}</h2>
    <p>{texts.connect.about(<code>{KEY_VARIABLE}</code>)}</p>
    {clientSetups(`${origin}/mcp`).map(({ id, name, note, text }) => (
      <details>
        <summary>{name}</summary>
        {text === null ? null : <Snippet id={id} title={name} copies={`${texts.connect.copy} ${name}`} text={text} />}
        <p class="hint">{note}</p>
      </details>
    ))}
  </section>
);

export const AgentPage: FC<AgentPageProps> = ({ person, agent, listed, below, names, patterns, origin, now }) => {
  const { mayAdminister } = person;
  const stands = agent.revoked_at === null;
  const shown = (view: ViewElement) => toJsx(mayAdminister ? view : onlyRead(view));
  return (
    <Layout title={agent.name} sheets={["desk"]} {...(mayAdminister && { script: "agent.js" })} person={person} here="/admin/agents">
      <main id="agent" data-person={person.id} data-agent={agent.id} data-key-number={String(agent.key.number)} data-origin={origin}>
        <p>
          <a href="/admin/agents">{agentsTexts.title}</a>
        </p>
        <h1 id={`name-${agent.id}`}>
          <Text value={agent.name} />
        </h1>
        <Message />
        {mayAdminister ? <NeedsScript /> : null}
        {toJsx(termsView(agent, listed))}
        {mayAdminister && stands ? toJsx(waysView(listed)) : null}
        {mayAdminister ? (
          <section id="created" class="created" aria-labelledby="created-title" tabindex={-1} hidden>
            <h2 id="created-title">{texts.rotated.title}</h2>
            <p>{texts.rotated.once}</p>
            <KeySnippets />
          </section>
        ) : null}
        <Waiting person={person} agent={agent} names={names} />
        <DoneLately agent={agent} />
        {agent.below === undefined ? <OldKeys keys={agent.old_keys} now={now} shown={shown} /> : null}
        <section aria-labelledby="below-title">
          <h2 id="below-title">{texts.below.title}</h2>
          {below.length === 0 ? (
            <p class="nothing">{texts.below.none}</p>
          ) : (
            <ul class="rows wide">{below.map((one) => shown(agentRow(one)))}</ul>
          )}
        </section>
        <p>
          <a href={`/admin/grants?agent=${agent.id}`}>{texts.grants}</a>
        </p>
        <p>
          <a href={`/audit?agent=${agent.id}`}>{texts.record}</a>
        </p>
        <RefusedSection person={person} patterns={patterns} onlyRead={!mayAdminister} />
        {mayAdminister && stands ? <Connect origin={origin} /> : null}
        {mayAdminister ? <GroupsDialog /> : null}
        {mayAdminister ? <RenameDialog /> : null}
        {mayAdminister ? <RotateDialog /> : null}
        {mayAdminister ? <ConfirmDialog /> : null}
      </main>
      {mayAdminister ? <DataBlock id={AGENTS_BLOCK_ID} data={agentsBlock([listed, ...below], null)} /> : null}
    </Layout>
  );
};

/** For an address of no agent. */
export const NoAgentPage: FC<{ person: PagePerson }> = ({ person }) => (
  <Layout title={agentsTexts.title} sheets={["desk"]} person={person} here="/admin/agents">
    <main>
      <p>
        <a href="/admin/agents">{agentsTexts.title}</a>
      </p>
      <h1>{agentsTexts.title}</h1>
      <p class="nothing">{texts.noSuch}</p>
    </main>
  </Layout>
);

/**
 * `/admin/policy` for admins: the text with what is said of it, what it would change, publishing (signed with the admin's passkey), and
 * every version. Without its script it checks and loads; its script makes an editor of the field.
 */
import type { FC } from "hono/jsx";
import built from "#dist/assets.json" with { type: "json" };
import type { CheckedPolicyAnswer } from "#api/policy-data.ts";
import { POLICY_BLOCK_ID } from "#api/policy-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Layout, Message, type PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { policiesTexts as texts } from "#texts/policies.ts";
import { ruleDifferenceView } from "./difference-view.ts";
import { findingsText, findingsView } from "./findings-view.ts";
import { type KnownPolicies, Versions } from "./versions.tsx";
import { loadView, stateView, waitingPolicyView } from "./version-view.ts";

/** What was asked to be loaded. */
export type LoadedFrom = { from: "version" | "waiting"; version: number } | { from: "example" | "nothing" };

interface PolicyPageProps extends KnownPolicies {
  person: PagePerson;
  /** What the editor begins with. */
  text: string;
  /** What was said of it, where a browser without the script has asked. */
  checked: CheckedPolicyAnswer | null;
  /** Where the text comes from, if it is not what is in force; and that what was asked for is not there. */
  loaded: LoadedFrom | null;
  /** What a policy may name, for the editor. */
  known: { groups: string[]; users: string[]; agentGroups: string[] };
}

/** Policies that come with the service, by the names of their files, and what they are for. */
export const EXAMPLES = texts.examples.names;

const loadedText = (loaded: LoadedFrom): string =>
  "version" in loaded ? texts.loaded[loaded.from](loaded.version) : texts.loaded[loaded.from];

const Examples: FC = () => (
  <p class="examples">
    {texts.examples.begin(
      Object.entries(EXAMPLES).map(([name, label], index) => (
        <>
          {index === 0 ? "" : ", "}
          {toJsx(loadView(name, built[`${name as keyof typeof EXAMPLES}.yaml`], label))}
        </>
      )),
    )}
  </p>
);

const Checked: FC<{ checked: CheckedPolicyAnswer | null; text: string }> = ({ checked, text }) => (
  <>
    <p id="checked" class="done" role="status" tabindex={-1}>
      {checked === null ? "" : findingsText(checked.findings)}
    </p>
    <div id="findings">{checked === null ? null : toJsx(findingsView(checked.findings, text, false))}</div>
    <div id="difference">{checked?.difference == null ? null : toJsx(ruleDifferenceView(checked.difference, checked.based_on))}</div>
  </>
);

export const PolicyPage: FC<PolicyPageProps> = (props) => {
  const { person, inForce, inForceSource, waiting, names, text, checked, loaded, known } = props;
  const block = {
    version: inForce?.version ?? 0,
    hash: inForce?.hash ?? null,
    source: inForceSource,
    groups: known.groups,
    users: known.users,
    agent_groups: known.agentGroups,
  };
  return (
    <Layout title={texts.title} sheets={["desk", "policy"]} script="policy.js" person={person} here="/admin/policy">
      <main id="policies" data-person={person.id}>
        <h1>{texts.title}</h1>
        <p>
          {texts.intro((name) => (
            <a href="/admin/grants">{name}</a>
          ))}
        </p>
        {toJsx(stateView(inForce))}
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length === 0}>
          <h2 id="waiting-title">{texts.waiting.title}</h2>
          <ul class="cards">{waiting.map((one) => toJsx(waitingPolicyView(one, inForceSource, person.id, names)))}</ul>
        </section>
        <form id="edit" method="post" action="/admin/policy" novalidate>
          <label id="policy-label" for="policy">
            {texts.form.label}
          </label>
          <div id="editor" hidden></div>
          <textarea
            id="policy"
            name="policy"
            class="source"
            rows={20}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="none"
            aria-describedby="policy-hint"
          >
            {`\n${text}`}
          </textarea>
          <p class="hint" id="policy-hint">
            {texts.form.hint}
            <span id="keys" hidden>
              {" "}
              {texts.form.keys}
            </span>
          </p>
          {loaded === null ? null : <p class="note">{loadedText(loaded)}</p>}
          <Message />
          <div class="ways">
            <button type="submit" id="check">
              {texts.form.check}
            </button>
            <button type="button" id="replay" hidden>
              {texts.form.replay}
            </button>
            <button type="button" id="publish" class="primary" hidden>
              {texts.form.publish}
            </button>
          </div>
          <noscript>
            <p class="hint">{texts.form.needsScript}</p>
          </noscript>
          <p class="hint" id="publish-hint" hidden>
            {texts.form.publishHint}
          </p>
        </form>
        <Checked checked={checked} text={text} />
        <p id="replayed" class="done" role="status"></p>
        <div id="replayed-asks"></div>
        <section id="proposals-section" aria-labelledby="proposals-title" hidden>
          <h2 id="proposals-title">{texts.proposals.title}</h2>
          <p id="proposed" role="status">
            {texts.proposals.reading}
          </p>
          <div id="proposals"></div>
        </section>
        <Examples />
        <Versions {...props} loads />
        <ConfirmDialog />
      </main>
      <DataBlock id={POLICY_BLOCK_ID} data={block} />
    </Layout>
  );
};

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
import { ruleDifferenceView } from "./difference-view.ts";
import { findingsText, findingsView } from "./findings-view.ts";
import { type KnownPolicies, Versions } from "./versions.tsx";
import { loadView, stateView, waitingPolicyView } from "./version-view.ts";

interface PolicyPageProps extends KnownPolicies {
  person: PagePerson;
  /** What the editor begins with. */
  text: string;
  /** What was said of it, where a browser without the script has asked. */
  checked: CheckedPolicyAnswer | null;
  /** Where the text comes from, if it is not what is in force; and why there is none. */
  loaded: string | null;
  /** What a policy may name, for the editor. */
  known: { groups: string[]; users: string[]; agentGroups: string[] };
}

/** Policies that come with the service, by the names of their files, and of what they are for. */
export const EXAMPLES = {
  "small-team": "A small team",
  "agent-platform": "A platform with many agents",
  "regulated-team": "A regulated team",
} as const;

const Examples: FC = () => (
  <p class="examples">
    Begin with an example:{" "}
    {Object.entries(EXAMPLES).map(([name, label], index) => (
      <>
        {index === 0 ? "" : ", "}
        {toJsx(loadView(name, built[`${name as keyof typeof EXAMPLES}.yaml`], label.toLowerCase()))}
      </>
    ))}
    .
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
    <Layout title="Policy" sheets={["desk", "policy"]} script="policy.js" person={person} here="/admin/policy">
      <main id="policies" data-person={person.id}>
        <h1>Policy</h1>
        <p>
          It says what happens to an action: it passes, it asks people, or it is refused. What approvers remember passes as well, until it
          is used up: <a href="/admin/grants">Grants</a>
        </p>
        {toJsx(stateView(inForce))}
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length === 0}>
          <h2 id="waiting-title">Waiting for a second admin’s signature</h2>
          <ul class="cards">{waiting.map((one) => toJsx(waitingPolicyView(one, inForceSource, person.id, names)))}</ul>
        </section>
        <form id="edit" method="post" action="/admin/policy" novalidate>
          <label id="policy-label" for="policy">
            Policy
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
            YAML or JSON.
            <span id="keys" hidden>
              {" "}
              Tab leaves the editor; Ctrl and ] indents, Ctrl and [ takes that back, Ctrl and the space bar completes.
            </span>
          </p>
          {loaded === null ? null : <p class="note">{loaded}</p>}
          <Message />
          <div class="ways">
            <button type="submit" id="check">
              Check
            </button>
            <button type="button" id="replay" hidden>
              Try on past requests
            </button>
            <button type="button" id="publish" class="primary" hidden>
              Publish policy
            </button>
          </div>
          <noscript>
            <p class="hint">To publish, this page needs JavaScript: your browser itself has to sign with your passkey.</p>
          </noscript>
          <p class="hint" id="publish-hint" hidden>
            You sign what you publish with your passkey.
          </p>
        </form>
        <Checked checked={checked} text={text} />
        <p id="replayed" class="done" role="status"></p>
        <div id="replayed-asks"></div>
        <section id="proposals-section" aria-labelledby="proposals-title" hidden>
          <h2 id="proposals-title">Proposals</h2>
          <p id="proposed" role="status">
            Reading what people approved.
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

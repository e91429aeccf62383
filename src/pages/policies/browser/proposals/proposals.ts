/** Proposed rules, read once the page is open; one becomes a draft in the editor, which is tried on past requests at once. */
import { proposalsShape, type ShownProposal } from "#api/policies/proposal-shapes.ts";
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import { withRules } from "#countersign/policy/proposing/with-rules.ts";
import { byId, onChosen, tell, tellDone, whileBusy } from "#pages/kit/browser/page.ts";
import { get } from "#pages/kit/browser/post.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { policiesScriptTexts } from "#texts/browser/policies.ts";
import { proposalsText, proposalsView } from "../../proposals-view.ts";
import type { PolicyEditor } from "../editor/editor.ts";

const texts = policiesScriptTexts.proposals;
const PATH = "/api/v1/policies/proposals";

const read = (query = "") => get(`${PATH}${query}`, new AbortController().signal, proposalsShape);

/** Puts the rule where it decides. `tryOut` tries what the editor holds then on past requests. */
async function makeDraft({ name, rule, before }: ShownProposal, editor: PolicyEditor, tryOut: () => Promise<void>): Promise<void> {
  const source = editor.text();
  if (source.includes(`name: ${name}`)) return tell(texts.isThere);
  const text = withRules(source, [rule], before);
  const document = readPolicyDocument(text);
  const isPlaced = document.ok && document.value.document.rules?.some((one) => one.name === name) === true;
  editor.replace(text);
  await tryOut();
  const line = text.split("\n").findIndex((one) => one.includes(`name: ${name}`));
  editor.goTo(line + 1, 1);
  if (!isPlaced) return tell(texts.noPlace);
  tellDone(texts.drafted);
}

/** Reads and lists what is proposed, and what the address asks for: `?propose=` one approved request. */
export async function bindProposals(editor: PolicyEditor, tryOut: () => Promise<void>): Promise<void> {
  let items: readonly ShownProposal[] = [];
  onChosen(byId("proposals"), "draft", (name, button) => {
    const chosen = items.find((one) => one.name === name);
    if (chosen !== undefined) void whileBusy(button, () => makeDraft(chosen, editor, tryOut));
  });
  const asked = new URLSearchParams(location.search).get("propose");
  if (asked !== null) {
    const answer = await read(`?request=${encodeURIComponent(asked)}`);
    const [one] = answer.ok ? answer.value.items : [];
    if (!answer.ok) tell(answer.refusal.detail);
    else if (one !== undefined) await makeDraft(one, editor, tryOut);
  }
  const all = await read();
  byId("proposed").textContent = all.ok ? proposalsText(all.value.items) : all.refusal.detail;
  if (!all.ok) return;
  ({ items } = all.value);
  const view = proposalsView(items);
  if (view !== null) byId("proposals").replaceChildren(toDom(view));
}

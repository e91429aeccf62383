/** Checking a policy, trying it on asks of before, and publishing it: signed with the admin's passkey over the hash of the very text that is shown. */
import { integer, nullable, object, type Of } from "#countersign/json/shape.ts";
import { hash } from "#countersign/documents/words.ts";
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import type { FindingItem, ReplayedPolicy } from "#api/policy-data.ts";
import {
  checkedPolicyShape,
  POLICY_BLOCK_ID,
  policiesShape,
  policyBlockShape,
  policyTextShape,
  publishedOrWaitingShape,
  replayedPolicyShape,
} from "#api/policy-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, onChosen, onSubmit, tell, tellDone, whileBusy } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { get, post, type Problem, remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import type { ViewElement } from "#pages/kit/view.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { takingBack } from "#pages/signatures/browser/take-back.ts";
import { policiesScriptTexts as texts } from "#texts/browser/policies.ts";
import { lineDifferenceView, ruleDifferenceView } from "../difference-view.ts";
import { findingsText, findingsView } from "../findings-view.ts";
import { replayText, replayView } from "../replay-view.ts";
import { openEditor } from "./editor/editor.ts";
import { bindProposals } from "./proposals/proposals.ts";

/** The parameters of the one statement that this page signs. */
const parameters = object({ version: integer(1), hash, previous: nullable(hash) });

const block = readDataBlock(POLICY_BLOCK_ID, policyBlockShape);
if (!block.ok) throw new Error(block.refusal);
/** What is in force, as far as this page knows. */
let inForce: Pick<Of<typeof policyBlockShape>, "version" | "hash" | "source"> = block.value;

const person = byId("policies").dataset["person"] ?? "";
const field = control("policy", HTMLTextAreaElement);
// The editor measures itself.
byId("editor").hidden = false;
field.hidden = true;
const editor = openEditor(byId("editor"), field.value, {
  label: "policy-label",
  hint: "policy-hint",
  known: { groups: block.value.groups, users: block.value.users, agentGroups: block.value.agent_groups },
});

/** Puts views in the place of what an element holds. */
const fill = (id: string, ...views: (ViewElement | null)[]): void =>
  byId(id).replaceChildren(...views.filter((view) => view !== null).map(toDom));

function showFindings(findings: readonly FindingItem[]): void {
  byId("checked").textContent = findingsText(findings);
  fill("findings", findingsView(findings, editor.text(), true));
  editor.mark(findings);
}

/** Takes back what was said of another text. */
function clear(): void {
  tell("");
  for (const id of ["checked", "findings", "difference", "replayed", "replayed-asks"]) byId(id).replaceChildren();
  editor.mark([]);
}

/** What is said of the text now, with what it changes. Gives whether it may be published. */
async function check(): Promise<boolean> {
  clear();
  const source = editor.text();
  const answer = await post("/api/v1/policies/check", { source }, checkedPolicyShape);
  if (!answer.ok) {
    tell(answer.refusal.detail);
    return false;
  }
  const { valid, findings, difference, based_on: basedOn } = answer.value;
  if (basedOn !== inForce.version) await readInForce();
  showFindings(findings);
  const caption = texts.lines.yours(inForce.version);
  const lines = inForce.version === 0 ? null : lineDifferenceView(inForce.source, source, caption);
  fill("difference", difference === null ? null : ruleDifferenceView(difference, basedOn), lines);
  return valid;
}

/** Reads what is in force anew. False if it cannot be read. */
async function readInForce(): Promise<boolean> {
  const listed = await get("/api/v1/policies", new AbortController().signal, policiesShape);
  if (!listed.ok) return false;
  const { version, hash: newest } = listed.value.in_force;
  const text = version === 0 ? null : await textOf(`/api/v1/policies/${version}`);
  if (version > 0 && text === null) return false;
  inForce = { version, hash: newest, source: text ?? "" };
  return true;
}

/** The text of a version, of a draft on this page, or of an example; null if it cannot be read. */
async function textOf(path: string): Promise<string | null> {
  if (path.startsWith("draft:")) return draftText(path.slice("draft:".length));
  if (path.startsWith("/api/")) {
    const version = await get(path, new AbortController().signal, policyTextShape);
    return version.ok ? version.value.source : null;
  }
  const answer = await fetch(path).catch(() => null);
  return answer?.ok === true ? answer.text() : null;
}

/** As the page shows it, whole. */
const draftText = (operation: string): string | null =>
  document.querySelector(`[data-waiting="${operation}"] pre.source`)?.textContent ?? null;

/** Publishing what the editor holds, or the text that another admin has signed for. Says what keeps it from being. */
async function publish(source: string): Promise<void> {
  tell("");
  const read = readPolicyDocument(source);
  if (!read.ok) {
    showFindings(read.refusal);
    return tell(texts.publishing.refused(findingsText(read.refusal)));
  }
  let refused: Problem | null = null;
  const basedOn = inForce.version;
  const authorised = await authorise(
    {
      path: "/admin/policy/statement",
      body: { source, based_on: basedOn },
      operation: "policy.published",
      parameters,
      isShown: (signed) => signed.version === basedOn + 1 && signed.hash === read.value.hash && signed.previous === inForce.hash,
      admin: person,
    },
    (problem) => {
      refused = problem;
      return problem.detail;
    },
  );
  if (!authorised.ok) return refused === null ? tell(authorised.refusal) : explain(refused);
  const published = await post("/api/v1/policies", { source, based_on: basedOn, authorisation: authorised.value }, publishedOrWaitingShape);
  if (!published.ok) return afterRefusal(published.refusal, basedOn + 1, read.value.hash);
  leaveFor(published.value.version);
}

/** The page anew, which shows what is in force now, or what waits. */
function leaveFor(version: number): void {
  sessionStorage.setItem("policy-published", String(version));
  location.assign("/admin/policy");
}

async function explain(problem: Problem): Promise<void> {
  if (problem.code === "policy_invalid") await check();
  if (problem.code === "policy_changed") await compareAnew();
  tell(problem.detail);
}

/** Another version came into force meanwhile: shows what that changes, and goes on from there. */
async function compareAnew(): Promise<void> {
  const before = inForce;
  if (!(await readInForce())) return;
  const caption = texts.lines.meanwhile(inForce.version);
  fill("difference", lineDifferenceView(before.source, inForce.source, caption));
}

/** What came of it if the answer does not say so. */
async function afterRefusal(problem: Problem, version: number, wanted: string): Promise<void> {
  if (problem.isKnown) return explain(problem);
  const told = await toldOf(problem, async () => {
    const listed = await get("/api/v1/policies", new AbortController().signal, policiesShape);
    if (!listed.ok) return null;
    const { in_force: now, waiting } = listed.value;
    return now.hash === wanted || waiting.some((one) => one.version === version && one.hash === wanted && one.signed_by.includes(person));
  });
  if (told !== null) return tell(told);
  leaveFor(version);
}

/** Asks looked at in all, and in one call. */
const MOST_REPLAYED = 1_000;
const REPLAYED_AT_ONCE = 200;

async function replay(): Promise<void> {
  clear();
  const source = editor.text();
  const so = { lookedAt: 0, notLookedAt: 0, changed: [] as ReplayedPolicy["changed"] };
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const more = cursor === undefined ? {} : { cursor };
    const answer = await post("/api/v1/policies/replay", { source, limit: REPLAYED_AT_ONCE, ...more }, replayedPolicyShape);
    if (!answer.ok) return explain(answer.refusal);
    so.lookedAt += answer.value.looked_at;
    so.notLookedAt += answer.value.not_looked_at;
    so.changed.push(...answer.value.changed);
    cursor = so.lookedAt + so.notLookedAt >= MOST_REPLAYED ? undefined : answer.value.next_cursor;
  }
  byId("replayed").textContent = replayText(so);
  fill("replayed-asks", replayView(so));
}

/** Texts are put into the editor without leaving the page. */
async function load(path: string): Promise<void> {
  clear();
  const text = await textOf(path);
  if (text === null) return tell(texts.loading.failed);
  editor.replace(text);
  tellDone(texts.loading.done);
  editor.focus();
}

const ask = confirmDialog();

function bindTakingBack(): void {
  onChosen(byId("waiting"), "take-back", (operation) =>
    ask(
      takingBack(operation, async (path) => {
        const answer = await remove(path);
        if (!answer.ok && answer.refusal.isKnown) return answer.refusal.detail;
        location.reload();
        return "";
      }),
    ),
  );
}

/** What was done by the page before this one. */
function tellWhatWasDone(): void {
  const version = sessionStorage.getItem("policy-published");
  sessionStorage.removeItem("policy-published");
  if (version === null) return;
  const isInForce = Number(version) === inForce.version;
  tellDone(isInForce ? texts.publishing.inForce(version) : texts.publishing.waits(version));
}

function begin(): void {
  for (const id of ["keys", "replay", "publish", "publish-hint", "proposals-section"]) byId(id).hidden = false;
  byId("policy-label").addEventListener("click", () => editor.focus());
  onSubmit(control("edit", HTMLFormElement), async () => void (await check()));
  for (const [id, work] of [
    ["replay", replay],
    ["publish", () => publish(editor.text())],
  ] as const)
    byId(id).addEventListener("click", () => void whileBusy(byId(id), work));
  onChosen(byId("waiting"), "sign", (operation, button) => void whileBusy(button, () => publish(draftText(operation) ?? "")));
  onChosen(byId("findings"), "place", (place) => {
    const [line, column] = place.split(":").map(Number);
    editor.goTo(line ?? 1, column ?? 1);
  });
  byId("policies").addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("a[data-load]") : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void load(link.dataset["load"] ?? "");
  });
  bindTakingBack();
  tellWhatWasDone();
  tellOfPasskeys();
  void bindProposals(editor, replay);
}

begin();

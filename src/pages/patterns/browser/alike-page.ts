/**
 * Denying what is alike: builds the statement of each request from what the page holds, signs all of them at once, and tells what became of
 * each. A single one is signed as any decision is.
 */
import {
  ALIKE_BLOCK_ID,
  type AlikePageData,
  alikePageShape,
  type DeniedAlikeAnswer,
  deniedAlikeShape,
} from "#api/patterns/alike-shapes.ts";
import { type DraftedToSign, draftedShape } from "#api/batch/signing-shapes.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { batchChallenge, buildStatement, decisionChallenge, statementHash } from "#countersign/documents/statement.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { byId, control, onClick, onSubmit, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, sign, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { isShown, toDom } from "#pages/kit/browser/view-dom.ts";
import { patternsScriptTexts as texts } from "#texts/browser/approvals/patterns.ts";
import { alikeRow, outcomeRow, verbFor } from "../alike-view.ts";
import { patternRow } from "../pattern-view.ts";
import { bindLifting } from "./lifting.ts";

const DIFFERENCE = texts.page.notShown;
const LOST = texts.page.noAnswer;

type Body = Readonly<Record<string, unknown>>;

/** What the person chose. */
interface Choice {
  scope: "arguments" | "tool";
  seconds: number;
  comment: string;
}

const chosen = (): Choice => ({
  scope: control("scope-tool", HTMLInputElement).checked ? "tool" : "arguments",
  seconds: Number(control("seconds", HTMLSelectElement).value),
  comment: control("comment", HTMLTextAreaElement).value.trim().toWellFormed(),
});

const requestsFor = ({ requests }: AlikePageData, { scope }: Choice): RequestDocument[] =>
  requests.flatMap(({ request, same }) => (same || scope === "tool" ? [request] : []));

/** Whether each is on the page as it would be signed. */
const showsExactly = ({ requests }: AlikePageData): boolean => requests.every((one) => isShown(alikeRow(one)));

/** The hashes of several statements, sorted, and what is signed for them; of one the statement itself. */
function toSign(data: AlikePageData, { nonce, decisions }: DraftedToSign, { comment }: Choice) {
  const statements = decisions.flatMap((drafted) => {
    const found = data.requests.find(({ request }) => request.id === drafted.request);
    if (found === undefined) return [];
    const { nonce: own, comment_salt: commentSalt } = drafted;
    return [buildStatement(found.request, { verdict: "denied", approver: data.person, comment, commentSalt, nonce: own })];
  });
  const [only] = statements;
  if (only === undefined || statements.length !== decisions.length) return null;
  if (statements.length === 1) return { statements: [], challenge: decisionChallenge(only) };
  const hashes = statements.map(statementHash).toSorted();
  return { statements: hashes, challenge: batchChallenge(location.origin, data.person, { nonce, statements: hashes }) };
}

/** Asks for the nonces, has them signed, and gives what to send; or what to tell. */
async function signed(data: AlikePageData, choice: Choice): Promise<{ body: Body } | { told: string }> {
  const requests = requestsFor(data, choice).map(({ id }) => id);
  const drafted = await post(`/a/${data.source}/alike/statement`, { ...choice, requests }, draftedShape);
  if (!drafted.ok) return { told: drafted.refusal.detail };
  const { nonce, decisions, left_out: leftOut, credentials, rp_id: rpId } = drafted.value;
  if (decisions.length === 0) return { told: leftOut[0]?.detail ?? texts.page.nothingLeft };
  // What is signed has to be what is on the page now.
  const wanted = showsExactly(data) ? toSign(data, drafted.value, choice) : null;
  if (wanted === null) return { told: DIFFERENCE };
  const answer = await sign(wanted.challenge, credentials, rpId);
  if (!answer.ok) return { told: answer.refusal };
  const named = decisions.map(({ request, nonce: own }) => ({ request, nonce: own }));
  return { body: { ...choice, nonce, decisions: named, statements: wanted.statements, ...answer.value } };
}

/** What became of all that was asked for: of those that were not signed for, too. */
function showOutcome(data: AlikePageData, { decisions, pattern, pattern_problem: problem }: DeniedAlikeAnswer, choice: Choice): boolean {
  const asked = requestsFor(data, choice);
  const rows = asked.map((request) => {
    const one = decisions.find((each) => each.request === request.id);
    const gone = {
      request: request.id,
      status: null,
      problem: { code: "already_final", detail: texts.page.hadEnded },
    };
    return outcomeRow(one ?? gone, request);
  });
  byId("outcomes").replaceChildren(...rows.map(toDom));
  byId("refused").textContent = pattern === null ? (problem?.detail ?? "") : texts.page.refusedFromNow;
  if (pattern !== null && document.querySelector(`[data-pattern="${pattern.id}"]`) === null) {
    byId("pattern-list").prepend(toDom(patternRow(pattern, true)));
    byId("patterns").hidden = false;
  }
  const isOpen = problem?.code === "unavailable" || decisions.some((one) => one.problem?.code === "unavailable");
  byId("deny").hidden = true;
  byId("outcome").hidden = false;
  byId("outcome").focus();
  return isOpen;
}

/** What was signed last. */
let last: { body: Body; choice: Choice } | null = null;

/** Sends it; where not all of it is known to be done, it can be sent again just so. */
async function send(data: AlikePageData): Promise<void> {
  if (last === null) return;
  const { body, choice } = last;
  const again = control("again", HTMLButtonElement);
  const answer = await post(`/a/${data.source}/alike/decision`, body, deniedAlikeShape);
  if (answer.ok) {
    tell("");
    again.hidden = !showOutcome(data, answer.value, choice);
    return;
  }
  tell(answer.refusal.isKnown ? answer.refusal.detail : LOST);
  if (answer.refusal.isKnown) return;
  byId("outcome").hidden = false;
  again.hidden = false;
}

function bindForm(data: AlikePageData): void {
  const form = control("deny", HTMLFormElement);
  const button = control("sign", HTMLButtonElement);
  const update = (): void => {
    const choice = chosen();
    const count = requestsFor(data, choice).length;
    byId("alike").dataset["scope"] = choice.scope;
    button.textContent = verbFor(count);
    button.disabled = count === 0 || !data.can_sign || !browserSupportsWebAuthn();
  };
  const again = control("again", HTMLButtonElement);
  onClick(again, () => whileBusy(again, () => send(data)));
  form.addEventListener("change", update);
  onSubmit(form, async () => {
    tell("");
    if (!showsExactly(data)) return tell(DIFFERENCE);
    const choice = chosen();
    const outcome = await signed(data, choice);
    if ("told" in outcome) return tell(outcome.told);
    last = { body: outcome.body, choice };
    await send(data);
  });
  update();
}

function start(): void {
  bindLifting(byId("patterns"));
  const read = readDataBlock(ALIKE_BLOCK_ID, alikePageShape);
  if (!read.ok) return tell(texts.page.unreadable);
  const data = read.value;
  if (data.requests.length === 0) return;
  if (!data.requests.every(({ request }) => request.origin === location.origin) || !showsExactly(data)) return tell(DIFFERENCE);
  tellOfPasskeys();
  bindForm(data);
}

start();

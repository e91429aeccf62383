/** `/command-line`: finding what asks by its code, and letting it in with a passkey, over a statement that says what the page shows. */
import { ceremonyChallenge, type OwnStatement, ownShape } from "#countersign/documents/ceremony.ts";
import { time } from "#countersign/documents/words.ts";
import { fit, object, type Of, text } from "#countersign/json/shape.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { byId, control, explainFields, onClick, onSubmit, tell, tellDone, tellField, whileBusy } from "#pages/kit/browser/page.ts";
import { credentialsShape, sign, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { anything, post, remove } from "#pages/kit/browser/post.ts";
import { show } from "#pages/kit/browser/view-dom.ts";
import { sessionsScriptTexts as texts } from "#texts/browser/sessions.ts";
import { askedForView } from "../command-line-view.ts";

const draftShape = object({ statement: ownShape, credentials: credentialsShape, rp_id: text(1) });
const termsShape = object({ code: text(1), name: text(1), asked_at: time, ends_at: time });

const form = control("find", HTMLFormElement);
const person = byId("command-line").dataset["person"];
let drafted: Of<typeof draftShape> | null = null;

const lettersOf = (code: string): string => code.toUpperCase().replaceAll(/[^A-Z]/g, "");

/** What the statement asks for, if it is about the code that was typed, and nothing else. */
function askedBy({ origin, operation, parameters, person: signer }: OwnStatement, typed: string): Of<typeof termsShape> | null {
  const terms = fit(termsShape, parameters);
  const isRight = origin === location.origin && operation === "command-line.opened" && signer === person;
  return terms.ok && isRight && lettersOf(terms.value.code) === lettersOf(typed) ? terms.value : null;
}

function showAsked(isThere: boolean): void {
  byId("asks").hidden = !isThere;
  form.hidden = isThere;
}

async function find(): Promise<void> {
  tell("");
  tellDone("");
  const { value: typed } = control("code", HTMLInputElement);
  tellField("code", lettersOf(typed) === "" ? texts.pairing.noCode : "");
  if (lettersOf(typed) === "") return;
  const draft = await post("/account/command-line/statement", { code: typed }, draftShape);
  if (!draft.ok) return tell(explainFields(draft.refusal));
  const asked = askedBy(draft.value.statement, typed);
  if (asked === null) return tell(texts.pairing.otherwise);
  drafted = draft.value;
  show(askedForView(asked));
  tell("", "asks-message");
  showAsked(true);
  byId("asks-title").focus();
}

/** The code has served, or is over: there is nothing more to answer. */
function over(said: string): void {
  drafted = null;
  showAsked(false);
  form.reset();
  tellDone(said);
}

async function letIn(): Promise<void> {
  if (drafted === null) return;
  tell("", "asks-message");
  const { statement, credentials, rp_id: rpId } = drafted;
  const signed = await sign(ceremonyChallenge(statement), credentials, rpId);
  if (!signed.ok) return tell(signed.refusal, "asks-message");
  const answer = await post("/api/v1/me/command-lines", { signature: { statement, ...signed.value } }, anything);
  if (!answer.ok) return tell(answer.refusal.detail, "asks-message");
  over(texts.pairing.isIn);
}

async function turnAway(): Promise<void> {
  if (drafted === null) return;
  const code = typeof drafted.statement.parameters["code"] === "string" ? drafted.statement.parameters["code"] : "";
  const answer = await remove(`/api/v1/me/command-lines?code=${encodeURIComponent(code)}`);
  if (!answer.ok) return tell(answer.refusal.detail, "asks-message");
  over(texts.pairing.isAway);
}

onSubmit(form, find);
for (const [id, work] of [
  ["let-in", letIn],
  ["turn-away", turnAway],
] as const)
  onClick(byId(id), () => whileBusy(byId(id), work));
tellOfPasskeys();

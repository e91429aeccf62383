/** Deciding, from the checks that enable the buttons to the answer of the server. It signs nothing but what it computed from what is shown. */
import { WebAuthnAbortService } from "@simplewebauthn/browser";
import { buildStatement, decisionChallenge, type Verdict } from "#countersign/documents/statement.ts";
import { type ApprovalPageData, approvalPageStateShape, canDecide, hasDecided } from "#api/approval-page-data.ts";
import { offerFromDesk } from "#pages/kit/browser/elsewhere.ts";
import { byId, control, onClick, tell } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, NO_PASSKEYS, offerWhereNeeded, sign } from "#pages/kit/browser/passkey.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import { sayAnew } from "#pages/kit/browser/view-dom.ts";
import { element, type View } from "#pages/kit/view.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";
import { closeDecision, findDifference } from "./close-decision.ts";
import { isCutOff, watchCutOff } from "./cut-off.ts";
import { keepComment } from "./kept-comment.ts";
import type { LiveState } from "./live-state.ts";
import { keepNonce, type NonceKeeper } from "./nonce.ts";
import { isTooSmall, PayloadSeen } from "./payload-seen.ts";
import { RememberChoice } from "./remember.ts";
import { CoolDown } from "./talk/cool-down.ts";
import { PickedNumber } from "./talk/numbers.ts";
import { ProposingChange } from "./talk/propose-change.ts";
import { offerPresets } from "./talk/presets.ts";
import { showsExactly } from "./verified-display.ts";
import { BEFORE_IT, CUT_OFF, DIFFERENCE, FINDING_OUT, NO_ANSWER, NO_OWN_PASSKEY, NOT_THERE, PROMPT_OPEN, TOO_SMALL } from "./words.ts";
const VERDICT_OF_BUTTON = { approve: "approved", deny: "denied" } as const;
/** What stands above the buttons. */
type Hint = readonly View[];

const isUnreadable = (): boolean => isCutOff() || isTooSmall();

type ButtonId = keyof typeof VERDICT_OF_BUTTON;
const BUTTONS: readonly ButtonId[] = ["approve", "deny"];

export class Deciding {
  readonly #data: ApprovalPageData;
  readonly #live: LiveState;
  readonly #nonce: NonceKeeper;
  readonly #seen: PayloadSeen;
  readonly #remember: RememberChoice;
  readonly #number: PickedNumber;
  readonly #cooling: CoolDown;
  readonly #proposed: ProposingChange;
  /** What the page waits for, in words; empty if it waits for nothing. */
  #waits = "";
  /** The hint that stands there. */
  #said = "";

  constructor(data: ApprovalPageData, live: LiveState) {
    this.#data = data;
    this.#live = live;
    this.#nonce = keepNonce(data.request.id, data);
    for (const id of BUTTONS) onClick(byId(id), () => this.#decide(id));
    keepComment(control("comment", HTMLTextAreaElement), data.request.id);
    offerPresets(byId("presets"), control("comment", HTMLTextAreaElement));
    const wayOut = document.createElement("span");
    wayOut.dataset["wayOut"] = "";
    byId("hint").after(wayOut);
    offerWhereNeeded(byId("hint"));
    this.#number = new PickedNumber(data, () => this.#update());
    this.#proposed = new ProposingChange(data, () => this.#update());
    this.#cooling = new CoolDown(data.cooling_until, data.now, () => this.#update());
    this.#remember = new RememberChoice(data, () => this.#update());
    this.#seen = new PayloadSeen([byId("payload")], byId("decide"), isUnreadable, () => this.#update());
    watchCutOff(() => this.#update());
    this.#update();
  }

  stop(): void {
    this.#nonce.stop();
    this.#cooling.stop();
    WebAuthnAbortService.cancelCeremony();
    closeDecision();
  }

  /** What keeps one from approving, or nothing. */
  #obstacle(): Hint | null {
    if (isCutOff()) return [CUT_OFF];
    if (isTooSmall()) return [TOO_SMALL];
    const { left, count } = this.#seen;
    const [first] = left;
    if (first === undefined) return this.#notYet();
    const link = element("a", { href: `#${first.id}` }, count === 1 ? texts.deciding.thePayload : (first.getAttribute("aria-label") ?? ""));
    return [texts.deciding.notSeenYet(count, left.length), link];
  }

  /** What is left once all was seen. */
  #notYet(): Hint | null {
    const said = this.#cooling.obstacle ?? this.#number.obstacle(this.#live.current());
    return said === null ? null : [said];
  }

  #hint(obstacle: Hint | null): Hint {
    if (this.#waits !== "") return [this.#waits];
    if (!browserSupportsWebAuthn()) return [NO_PASSKEYS];
    if (this.#data.credentials.length === 0) return [NO_OWN_PASSKEY];
    const wrong = this.#proposed.obstacle;
    if (wrong !== null) return [wrong];
    if (this.#proposed.chosen !== null) return [texts.deciding.denySendsProposal];
    const remembers = this.#remember.summary;
    return obstacle ?? [texts.deciding.youSignAs(this.#data.person.username, remembers === null ? "" : ` ${remembers}`)];
  }

  #update(): void {
    if (document.getElementById("decision") === null) return;
    const obstacle = this.#obstacle();
    const able = browserSupportsWebAuthn() && this.#data.credentials.length > 0 && this.#waits === "";
    control("deny", HTMLButtonElement).disabled = !able || this.#proposed.obstacle !== null;
    // What one would change one does not approve as it is.
    control("approve", HTMLButtonElement).disabled = !able || obstacle !== null || this.#proposed.chosen !== null;
    this.#proposed.setReadOnly(this.#waits !== "");
    this.#number.setDisabled(!able);
    control("comment", HTMLTextAreaElement).readOnly = this.#waits !== "";
    const hint = byId("hint");
    // What is left to see changes all the time while one reads.
    hint.setAttribute("aria-live", obstacle === null ? "polite" : "off");
    const views = this.#hint(obstacle);
    const said = JSON.stringify(views);
    if (said === this.#said) return;
    this.#said = said;
    sayAnew(hint, views);
  }

  async #decide(button: ButtonId): Promise<void> {
    if (!showsExactly(this.#data)) return findDifference();
    tell("");
    this.#waitFor(PROMPT_OPEN);
    const told = await this.#signAndSend(VERDICT_OF_BUTTON[button]);
    this.#waitFor("");
    if (document.getElementById("decision") === null) return;
    if (told !== "") tell(told);
    byId(button).focus();
  }

  #waitFor(what: string): void {
    this.#waits = what;
    this.#update();
  }

  /** Asks for the passkey and sends what it signed; gives what to tell if that did not succeed, empty otherwise. */
  async #signAndSend(verdict: Verdict): Promise<string> {
    const { request, person, credentials, rp_id } = this.#data;
    const { nonce, comment_salt: commentSalt } = this.#nonce.current();
    const comment = control("comment", HTMLTextAreaElement).value.trim().toWellFormed();
    const remembered = verdict === "approved" ? this.#remember.chosen(nonce) : null;
    if (remembered?.ok === false) return remembered.refusal.reason === "not-valid" ? remembered.refusal.message : DIFFERENCE;
    const grant = remembered?.value.grant ?? null;
    const statement = buildStatement(request, { verdict, approver: person, comment, commentSalt, nonce, grant });
    const signed = await sign(decisionChallenge(statement), credentials, rp_id);
    if (!signed.ok) {
      offerFromDesk(byId("hint"), location.href);
      return signed.refusal;
    }

    const match = verdict === "approved" ? this.#number.picked : null;
    const proposal = verdict === "denied" ? this.#proposed.chosen : null;
    const besides = { ...(match !== null && { match }), ...(proposal !== null && { proposal }) };
    const body = { nonce, verdict, comment, ...signed.value, ...besides, ...(remembered !== null && { grant: remembered.value.choice }) };
    const answer = await post(`/a/${request.id}/decision`, body, approvalPageStateShape);
    if (!answer.ok) return answer.refusal.isKnown ? this.#explain(answer.refusal, verdict) : this.#findOut();
    this.#live.take(answer.value);
    const status = byId("status");
    status.tabIndex = -1;
    status.focus({ preventScroll: true });
    return "";
  }

  /** Reads how the request stands until that is known; what it shows then takes the buttons away, or is that nothing was recorded. */
  async #findOut(): Promise<string> {
    tell(NO_ANSWER);
    this.#waitFor(FINDING_OUT);
    await this.#live.readAgain();
    tell("");
    return canDecide(this.#data, this.#live.current()) ? NOT_THERE : "";
  }

  /** Somebody was faster, or the time: unless it is this very decision that counts, whose answer was lost before. */
  async #explainLate({ detail }: Problem, verdict: Verdict): Promise<string> {
    await this.#live.readAgain();
    const state = this.#live.current();
    if (hasDecided(this.#data, state)) return "";
    if (canDecide(this.#data, state)) return detail;
    // The buttons are gone by then, and what the page shows is another's decision.
    const before = BEFORE_IT[state.status];
    tell(verdict === "denied" ? texts.deciding.denialDidNotCount(before) : texts.deciding.approvalDidNotCount(before));
    return "";
  }

  async #explain(problem: Problem, verdict: Verdict): Promise<string> {
    if (problem.code === "already_final" || problem.code === "deadline_passed") return this.#explainLate(problem, verdict);
    if (problem.code === "already_decided") return problem.detail;
    if (problem.code === "unauthorized") return texts.deciding.signedOut;
    if (problem.code === "cooling_down") this.#cooling.lasts(problem.retryAfterSeconds ?? 1);
    if (problem.code === "number_not_matched") {
      this.#number.reset();
      await Promise.all([this.#nonce.renew(), this.#live.readAgain()]);
    }
    if (problem.code === "decision_not_accepted") await this.#nonce.renew();
    if (problem.code === "number_not_matched") return problem.detail;
    return problem.detail.toLowerCase().includes("nothing was recorded") ? problem.detail : texts.deciding.nothingRecorded(problem.detail);
  }
}

/**
 * The approval page's script: enables Deny once the page is proven to show what would be signed, and Approve once all
 * of the payload was seen as well, asks for the passkey, and keeps the state current. It signs nothing but what it computed from what is shown.
 */
import { WebAuthnAbortService } from "@simplewebauthn/browser";
import { buildStatement, decisionChallenge, type Verdict } from "#countersign/documents/statement.ts";
import {
  type ApprovalPageData,
  type ApprovalPageState,
  approvalPageStateShape,
  canDecide,
  hasDecided,
  isFinal,
  isOver,
} from "#api/approval-page-data.ts";
import { quorumView } from "../quorum-view.ts";
import { outcomeView, signaturesView, statusText } from "../progress-view.ts";
import { afterwardsView } from "../timeline-view.ts";
import { tellBarHeight } from "./approval/bar-height.ts";
import { countDown } from "./approval/countdown.ts";
import { isCutOff, watchCutOff } from "./approval/cut-off.ts";
import { forgetComment, keepComment } from "./approval/kept-comment.ts";
import { followState, type LiveState } from "./approval/live-state.ts";
import { showNext } from "./approval/next-request.ts";
import { keepNonce, type NonceKeeper } from "./approval/nonce.ts";
import { isTooSmall, PayloadSeen } from "./approval/payload-seen.ts";
import { RememberChoice } from "./approval/remember.ts";
import { readApprovalData, showsExactly, watchDisplay } from "./approval/verified-display.ts";
import { offerFromDesk } from "#pages/kit/browser/elsewhere.ts";
import { byId, control, onClick, tell } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, NO_PASSKEYS, offerWhereNeeded, sign } from "#pages/kit/browser/passkey.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import { show, toDom } from "#pages/kit/browser/view-dom.ts";
import { element, type View } from "#pages/kit/view.ts";

const DIFFERENCE =
  "This page does not show exactly what would be signed. Something changed it, perhaps a browser extension. " +
  "Nothing was signed. Open the request in another browser or on another device.";
const TIME_UP = "The time is up. Nothing more can be signed.";
const NO_OWN_PASSKEY = "You have no passkey that may sign decisions. Ask an admin to confirm one.";
const FINDING_OUT = "Finding out whether your decision was recorded.";
const PROMPT_OPEN = "Your passkey is asked for. Answer the prompt, or close it to come back.";
const CUT_OFF = "Part of this request is wider than the window. Make the window wider or the text smaller to approve.";
const TOO_SMALL = "The text is too small to read. Zoom in to approve.";
const NO_ANSWER = "No answer came through, so your decision may or may not have been recorded. This page is finding out.";
const NOT_THERE = "The answer did not come through, and the service has no decision of yours on this request. You can sign again.";

const VERDICT_OF_BUTTON = { approve: "approved", deny: "denied" } as const;
/** What stands above the buttons. */
type Hint = readonly View[];

/** What became of the request before a decision that came too late. */
const BEFORE_IT: Readonly<Record<ApprovalPageState["status"], string>> = {
  pending: "the time was up",
  settling: "a decision was being recorded already",
  approved: "the request had been approved",
  denied: "the request had been denied",
  expired: "the request had expired",
  cancelled: "the request had been cancelled",
};

const isUnreadable = (): boolean => isCutOff() || isTooSmall();

type ButtonId = keyof typeof VERDICT_OF_BUTTON;
const BUTTONS: readonly ButtonId[] = ["approve", "deny"];

/** Takes away everything with which one could decide. */
function closeDecision(): void {
  document.getElementById("decision")?.remove();
  document.getElementById("comment-field")?.remove();
  document.getElementById("alike")?.remove();
  document.getElementById("remember")?.remove();
}

function showVerified(word: "verified" | "different"): void {
  const verified = byId("verified");
  verified.dataset["state"] = word;
  verified.textContent = word === "verified" ? "Display verified" : "Difference found";
}

function findDifference(): void {
  showVerified("different");
  closeDecision();
  WebAuthnAbortService.cancelCeremony();
  tell(DIFFERENCE);
}

/** What stands below the payload, for a state or a time that was not there when the page was made. */
function showState(data: ApprovalPageData, state: ApprovalPageState, nowMs: number): void {
  const outcome = outcomeView(data, state);
  show(afterwardsView(data, state, nowMs));
  byId("signatures").replaceWith(toDom(signaturesView(data, state)));
  document.getElementById("quorum")?.replaceWith(toDom(quorumView(data, state)));
  byId("status").textContent = statusText(data, state);
  byId("outcome").replaceChildren(...(outcome === null ? [] : [toDom(outcome)]));
  byId("decide").dataset["status"] = state.status;
  if (isFinal(state)) document.getElementById("time-left")?.remove();
  if (canDecide(data, state)) return;
  WebAuthnAbortService.cancelCeremony();
  // What was told while one could decide; what is told of the end stays.
  if (document.getElementById("decision") !== null) tell("");
  closeDecision();
  forgetComment(data.request.id);
  void showNext(data.request.id);
}

/** Deciding, from the checks that enable the buttons to the answer of the server. */
class Decision {
  readonly #data: ApprovalPageData;
  readonly #live: LiveState;
  readonly #nonce: NonceKeeper;
  readonly #seen: PayloadSeen;
  readonly #remember: RememberChoice;
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
    const wayOut = document.createElement("span");
    wayOut.dataset["wayOut"] = "";
    byId("hint").after(wayOut);
    offerWhereNeeded(byId("hint"));
    this.#remember = new RememberChoice(data, () => this.#update());
    this.#seen = new PayloadSeen(byId("decide"), isUnreadable, () => this.#update());
    watchCutOff(() => this.#update());
    this.#update();
  }

  stop(): void {
    this.#nonce.stop();
    WebAuthnAbortService.cancelCeremony();
    closeDecision();
  }

  /** What keeps one from approving, or nothing. */
  #obstacle(): Hint | null {
    if (isCutOff()) return [CUT_OFF];
    if (isTooSmall()) return [TOO_SMALL];
    const { left, count } = this.#seen;
    const [first] = left;
    if (first === undefined) return null;
    const link = element("a", { href: `#${first.id}` }, count === 1 ? "the payload" : (first.getAttribute("aria-label") ?? ""));
    return [count === 1 ? "Not seen yet: " : `Not seen yet: ${left.length} of ${count} parts, first `, link];
  }

  #hint(obstacle: Hint | null): Hint {
    if (this.#waits !== "") return [this.#waits];
    if (!browserSupportsWebAuthn()) return [NO_PASSKEYS];
    if (this.#data.credentials.length === 0) return [NO_OWN_PASSKEY];
    const remembers = this.#remember.summary;
    return obstacle ?? [`You sign as ${this.#data.person.username}${remembers === null ? "" : ` ${remembers}`}.`];
  }

  #update(): void {
    if (document.getElementById("decision") === null) return;
    const obstacle = this.#obstacle();
    const able = browserSupportsWebAuthn() && this.#data.credentials.length > 0 && this.#waits === "";
    control("deny", HTMLButtonElement).disabled = !able;
    control("approve", HTMLButtonElement).disabled = !able || obstacle !== null;
    control("comment", HTMLTextAreaElement).readOnly = this.#waits !== "";
    const hint = byId("hint");
    // What is left to see changes all the time while one reads.
    hint.setAttribute("aria-live", obstacle === null ? "polite" : "off");
    const views = this.#hint(obstacle);
    const said = JSON.stringify(views);
    if (said === this.#said) return;
    this.#said = said;
    hint.replaceChildren(...views.map((view) => (typeof view === "string" ? view : toDom(view))));
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

    const body = { nonce, verdict, comment, ...signed.value, ...(remembered !== null && { grant: remembered.value.choice }) };
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
    tell(`Your ${verdict === "denied" ? "denial" : "approval"} did not count: ${BEFORE_IT[state.status]} before it arrived.`);
    return "";
  }

  async #explain(problem: Problem, verdict: Verdict): Promise<string> {
    if (problem.code === "already_final" || problem.code === "deadline_passed") return this.#explainLate(problem, verdict);
    if (problem.code === "already_decided") return problem.detail;
    if (problem.code === "unauthorized") return "Nothing was recorded: you were signed out. Reload this page to sign in again.";
    if (problem.code === "decision_not_accepted") await this.#nonce.renew();
    return problem.detail.toLowerCase().includes("nothing was recorded") ? problem.detail : `Nothing was recorded. ${problem.detail}`;
  }
}

function start(): void {
  const read = readApprovalData();
  if (!read.ok || !showsExactly(read.value)) return findDifference();
  const data = read.value;
  showVerified("verified");
  tellBarHeight(byId("decide"));

  let decision: Decision | null = null;
  watchDisplay(data, () => {
    decision?.stop();
    findDifference();
  });
  if (isOver(data.request, data.state, Date.parse(data.now))) return;

  const offsetMs = Date.parse(data.now) - Date.now();
  const live = followState(
    data,
    () => Date.now() + offsetMs,
    (state, atMs) => {
      showState(data, state, atMs);
      if (!canDecide(data, state)) decision?.stop();
    },
    () => tell("This page is no longer kept up to date. Reload it."),
  );
  if (isFinal(data.state)) return;
  countDown(data.request.expires_at, data.now, () => {
    if (live.current().status !== "pending") return;
    decision?.stop();
    tell(TIME_UP);
  });
  if (!canDecide(data, data.state)) return;
  decision = new Decision(data, live);
}

start();

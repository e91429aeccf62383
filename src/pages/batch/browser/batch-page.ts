/**
 * The script of the page that decides several requests at once: enables denying once each request is proven to show what would be signed,
 * and approving once all of each was seen as well; leaves out what ends meanwhile; and tells of each what became of it.
 */
import { WebAuthnAbortService } from "@simplewebauthn/browser";
import { BATCH_BLOCK_ID, type BatchPageData, batchPageShape, decidedBatchShape } from "#api/batch/batch-shapes.ts";
import { draftedShape } from "#api/batch/signing-shapes.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import { forgetComment, keepComment } from "#pages/approvals/browser/approval/kept-comment.ts";
import { isTooSmall, PayloadSeen } from "#pages/approvals/browser/approval/payload-seen.ts";
import { isLive } from "#pages/approvals/browser/approval/verified-display.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { byId, control, onChosen, onClick, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { sign, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { timeLeftText } from "#pages/kit/time-text.ts";
import { batchScriptTexts as texts } from "#texts/browser/approvals/batch.ts";
import { endedText, MORE_TIME } from "../item-view.ts";
import { type ButtonId, BUTTONS, showBar, VERDICT_OF_BUTTON } from "./batch/decide-bar.ts";
import { followItems } from "./batch/follow-items.ts";
import { ShownItem } from "./batch/item.ts";
import { showOutcome } from "./batch/outcome.ts";
import { toSign, type BatchToSign } from "./batch/sign-batch.ts";

const DIFFERENCE = texts.page.notShown + texts.page.nothingSigned;
const LOST = texts.page.noAnswer;
const SIGNED_OUT = texts.page.signedOut;
const PROMPT_OPEN = texts.page.asked;
const RECORDING = texts.page.beingRecorded;
const NOBODY_TOLD = texts.page.endsUnnoticed;

const TICK_MS = 1_000;

const nextFrame = (): Promise<number> => new Promise(requestAnimationFrame);

/** Names of requests, of many the first. */
const named = ([first, ...others]: readonly ShownItem[]): string => texts.page.named(first?.action ?? "", others.length);

class Batch {
  readonly #data: BatchPageData;
  readonly #items: ShownItem[];
  readonly #key: string;
  readonly #seen: PayloadSeen;
  /** What the page waits for, in words; empty if it waits for nothing. */
  #waits: string = texts.page.checkingDisplay;
  #isCutOff = false;
  #isOver = false;
  /** Why the prompt was closed by the page itself. */
  #interrupted = "";
  /** What was signed last. */
  #last: (Omit<BatchToSign, "challenge"> & { signed: object }) | null = null;

  constructor(data: BatchPageData, items: ShownItem[]) {
    this.#data = data;
    this.#items = items;
    this.#key = `batch ${items.map(({ id }) => id).join(" ")}`;
    keepComment(control("comment", HTMLTextAreaElement), this.#key);
    const leftOut = new Set(new URLSearchParams(location.search).getAll("out"));
    for (const item of items) if (leftOut.has(item.id)) item.leaveOut(true);
    const payloads = items.filter(({ isFolded }) => !isFolded).map(({ payload }) => payload);
    this.#seen = new PayloadSeen(
      payloads,
      byId("decide"),
      () => this.#isCutOff || isTooSmall(),
      () => this.#update(),
    );
    for (const id of BUTTONS) onClick(byId(id), () => this.#decide(id));
    onClick(byId("again"), () => whileBusy(byId("again"), () => this.#send()));
    onChosen(byId("items"), "leave", (id) => this.#toggle(id));
    onChosen(byId("items"), "unfold", (id, button) => this.#unfold(id, button));
    const sizes = new ResizeObserver(() => this.#measure());
    for (const { place } of items) sizes.observe(place);
    addEventListener("resize", () => this.#measure());
    this.#update();
  }

  /** Those that are signed for. */
  get #chosen(): ShownItem[] {
    return this.#items.filter(({ isIn }) => isIn);
  }

  #item(id: string): ShownItem | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /** Proves of each, one after the other, that it shows what would be signed: a page of many answers meanwhile. */
  async verify(): Promise<void> {
    for (const item of this.#items) {
      await nextFrame();
      if (!item.isWhole || !item.showsExactly()) return this.#findDifference(item);
      item.say("verified");
    }
    this.#watch();
    this.#waitFor("");
    this.#tick();
    setInterval(() => this.#tick(), TICK_MS);
    void followItems({
      ids: () => (this.#isOver ? [] : this.#items.filter(({ hasEnded }) => !hasEnded).map(({ id }) => id)),
      onState: (id, state) => {
        const item = this.#item(id);
        if (this.#isOver || item === undefined) return;
        if (!item.waitsFor(this.#data.person.id, state)) this.#end(item, endedText(state, this.#data.person.id));
        else if (item.endsBefore(state.expires_at)) this.#end(item, MORE_TIME);
      },
      onDeadline: (id, expiresAt) => {
        const item = this.#item(id);
        if (!this.#isOver && item?.hasEnded === false && item.endsBefore(expiresAt)) this.#end(item, MORE_TIME);
      },
      isUrgent: () => this.#waits !== "",
      onEnd: () => tell(NOBODY_TOLD),
    });
  }

  /** Compares again after every change outside the live parts. */
  #watch(): void {
    const observer = new MutationObserver((changes) => {
      const targets = changes.map(({ target }) => target).filter((target) => !isLive(target));
      const places = new Set(targets.map((target) => (target instanceof Element ? target : target.parentElement)?.closest("article")));
      const concerned = places.has(null) || places.has(undefined) ? this.#items : this.#items.filter(({ place }) => places.has(place));
      const wrong = this.#isOver || targets.length === 0 ? undefined : concerned.find((item) => !item.showsExactly());
      if (wrong === undefined) return;
      observer.disconnect();
      this.#findDifference(wrong);
    });
    observer.observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
  }

  #findDifference(item: ShownItem): void {
    item.say("different");
    this.#isOver = true;
    this.#closeDecision();
    WebAuthnAbortService.cancelCeremony();
    tell(DIFFERENCE);
  }

  /** Takes away everything with which one could decide. */
  #closeDecision(): void {
    document.getElementById("decision")?.remove();
    for (const button of document.querySelectorAll("[data-leave]")) button.remove();
  }

  #measure(): void {
    const isCutOff = this.#items.some((item) => item.isCutOff());
    if (isCutOff === this.#isCutOff) return;
    this.#isCutOff = isCutOff;
    this.#update();
  }

  #toggle(id: string): void {
    const item = this.#item(id);
    if (item === undefined || item.hasEnded || this.#waits !== "") return;
    item.leaveOut(!item.isLeftOut);
    // A reload, or signing in again, leaves out the same.
    const query = new URLSearchParams(location.search);
    query.delete("out");
    for (const one of this.#items) if (one.isLeftOut) query.append("out", one.id);
    history.replaceState(history.state, "", `${location.pathname}?${query.toString()}`);
    this.#update();
  }

  #unfold(id: string, button: Element): void {
    const item = this.#item(id);
    if (item === undefined || !item.isFolded) return;
    item.unfold(button);
    this.#seen.also(item.payload);
    this.#update();
  }

  #tick(): void {
    const nowMs = Date.parse(this.#data.now) + (performance.now() - STARTED_MS);
    for (const item of this.#items) {
      const time = item.place.querySelector<HTMLElement>("[data-expires]");
      const leftMs = Date.parse(item.data.request.expires_at) - nowMs;
      const words = timeLeftText(leftMs);
      if (time !== null && time.textContent !== words) time.textContent = words;
      if (leftMs <= 0 && !item.hasEnded && !this.#isOver) this.#end(item, texts.page.timeIsUp);
    }
  }

  /** It is not signed for from now on; a prompt that is open for it is closed. */
  #end(item: ShownItem, why: string): void {
    const wasIn = item.isIn;
    item.end(why);
    byId("heard").textContent = texts.page.takenOut(named([item]), why);
    if (wasIn && this.#waits === PROMPT_OPEN) {
      this.#interrupted = texts.page.takenOutWhile(named([item]), this.#signAgain());
      WebAuthnAbortService.cancelCeremony();
    }
    this.#update();
  }

  #signAgain(): string {
    const left = this.#chosen.length;
    return left === 0 ? texts.page.noneIsLeft : texts.page.signAgain(left);
  }

  #update(): void {
    showBar({
      chosen: this.#chosen,
      left: this.#seen.left,
      isCutOff: this.#isCutOff,
      waits: this.#waits,
      canSign: this.#data.can_sign,
      username: this.#data.person.username,
    });
  }

  #waitFor(what: string): void {
    this.#waits = what;
    this.#update();
  }

  async #decide(button: ButtonId): Promise<void> {
    if (this.#waits !== "" || this.#isOver) return;
    const chosen = this.#chosen;
    const wrong = chosen.find((item) => !item.showsExactly());
    if (wrong !== undefined) return this.#findDifference(wrong);
    tell("");
    this.#interrupted = "";
    this.#waitFor(PROMPT_OPEN);
    const told = await this.#signed(chosen, VERDICT_OF_BUTTON[button]);
    if (told === null) {
      this.#waitFor(RECORDING);
      await this.#send();
    } else if (told !== "") tell(told);
    this.#waitFor("");
    if (told !== null) document.getElementById(button)?.focus();
  }

  /** Asks for the nonces and for the passkey; gives what to tell if that did not succeed, null otherwise. */
  async #signed(chosen: readonly ShownItem[], verdict: Verdict): Promise<string | null> {
    const comment = control("comment", HTMLTextAreaElement).value.trim().toWellFormed();
    const drafted = await post("/batch/statement", { verdict, comment, requests: chosen.map(({ id }) => id) }, draftedShape);
    if (!drafted.ok) return nothingRecorded(drafted.refusal);
    if (this.#interrupted !== "") return this.#interrupted;
    if (drafted.value.left_out.length > 0) {
      const gone = drafted.value.left_out.flatMap(({ request, detail }) => {
        const item = this.#item(request);
        item?.end(detail);
        return item === undefined ? [] : [item];
      });
      return texts.page.hadEnded(named(gone), this.#signAgain());
    }
    // What is signed has to be what is on the page now.
    const wanted = toSign(chosen, drafted.value, { verdict, comment }, this.#data.person);
    const wrong = chosen.find((item) => !item.isIn || !item.showsExactly());
    if (wanted === null || wrong !== undefined) return DIFFERENCE;
    const answer = await sign(wanted.challenge, drafted.value.credentials, drafted.value.rp_id);
    if (this.#isOver) return "";
    if (!answer.ok) return this.#interrupted === "" ? answer.refusal : this.#interrupted;
    this.#last = { body: wanted.body, signed: answer.value };
    return null;
  }

  /** Sends what was signed; where not all of it is known to be done, it can be sent again just so. */
  async #send(): Promise<void> {
    if (this.#last === null) return;
    const { body, signed } = this.#last;
    const again = control("again", HTMLButtonElement);
    const answer = await post("/batch/decision", { ...body, ...signed }, decidedBatchShape);
    if (answer.ok) {
      tell("");
      this.#isOver = true;
      forgetComment(this.#key);
      again.hidden = !showOutcome(answer.value.decisions, this.#items, body.verdict, this.#data.person.id);
      return;
    }
    const { refusal } = answer;
    tell(refusal.isKnown ? nothingRecorded(refusal) : LOST);
    again.hidden = refusal.isKnown;
    // Nothing else is signed as long as it is not known what became of this.
    if (!refusal.isKnown) document.getElementById("decision")?.setAttribute("hidden", "");
    else document.getElementById("decision")?.removeAttribute("hidden");
  }
}

function nothingRecorded({ code, detail }: Problem): string {
  if (code === "unauthorized") return SIGNED_OUT;
  return detail.toLowerCase().includes("nothing was recorded") ? detail : texts.page.nothingRecorded(detail);
}

const STARTED_MS = performance.now();

function start(): void {
  const read = readDataBlock(BATCH_BLOCK_ID, batchPageShape);
  if (!read.ok) return tell(texts.page.unreadable);
  const data = read.value;
  if (data.items.length === 0) return;
  tellOfPasskeys();
  const items = data.items.map((item, at) => new ShownItem(item, at + 1, data.people));
  void new Batch(data, items).verify();
}

start();

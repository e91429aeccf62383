/** One request of the page: whether it is among those that are signed for, whether it shows what would be signed, and what of it was not seen. */
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import type { BatchItem, BatchPageData } from "#api/batch/batch-shapes.ts";
import { differenceIn } from "#pages/approvals/browser/approval/verified-display.ts";
import { REQUEST_REGIONS, type RequestViews } from "#pages/approvals/request-view.ts";
import { byId } from "#pages/kit/browser/page.ts";
import { isShown, show, toDom } from "#pages/kit/browser/view-dom.ts";
import { batchScriptTexts as texts } from "#texts/browser/approvals/batch.ts";
import { itemViews, prefixOf, wholeView } from "../../item-view.ts";

/** Widths are rounded on their own: a whole pixel may come of that. */
const ROUNDING_PX = 1;

export class ShownItem {
  readonly data: BatchItem;
  readonly place: HTMLElement;
  readonly #number: number;
  readonly #people: BatchPageData["people"];
  /** Made once, and again when it is unfolded: of what the script has read, which nothing changes. */
  #views: RequestViews | undefined;
  #isFolded: boolean;
  #isLeftOut = false;
  #ended: string | null = null;

  /** `number`: from 1. */
  constructor(data: BatchItem, number: number, people: BatchPageData["people"]) {
    this.data = data;
    this.#number = number;
    this.#people = people;
    this.#isFolded = data.is_folded;
    this.place = byId(`${prefixOf(number)}request`).closest("article") ?? byId("items");
  }

  get id(): string {
    return this.data.request.id;
  }

  get action(): string {
    return this.place.getAttribute("aria-label") ?? "";
  }

  get isIn(): boolean {
    return !this.#isLeftOut && this.#ended === null;
  }

  get isLeftOut(): boolean {
    return this.#isLeftOut;
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  get isFolded(): boolean {
    return this.#isFolded;
  }

  /** Where its payload is, or is to be opened. */
  get anchor(): string {
    return `${prefixOf(this.#number)}request`;
  }

  get payload(): HTMLElement {
    return byId(`${prefixOf(this.#number)}payload`);
  }

  #ownViews(): RequestViews {
    return (this.#views ??= itemViews({ ...this.data, is_folded: this.#isFolded }, this.#number, this.#people));
  }

  /** Whether what is said of it is what is signed. */
  get isWhole(): boolean {
    return this.data.request.origin === location.origin && differenceIn(this.data) === null;
  }

  /** Whether it stands there as it would be signed, node by node. */
  showsExactly(): boolean {
    const regions = this.#isFolded ? (["request"] as const) : REQUEST_REGIONS;
    return regions.every((region) => isShown(this.#ownViews()[region]));
  }

  say(word: "verified" | "different"): void {
    const verified = byId(`${prefixOf(this.#number)}verified`);
    verified.dataset["state"] = word;
    verified.textContent = word === "verified" ? texts.item.displayVerified : texts.item.differenceFound;
  }

  /** Makes what was not on the page because it would have been too large. */
  unfold(button: Element): void {
    button.parentElement?.remove();
    this.#isFolded = false;
    this.#views = undefined;
    show(this.#ownViews().request);
    this.place.append(toDom(wholeView(this.#ownViews())));
  }

  /** Whether a part of it reaches past the window's side. */
  isCutOff(): boolean {
    if (!this.isIn) return false;
    const regions = this.#isFolded ? (["request"] as const) : REQUEST_REGIONS;
    return regions.some((region) => {
      const { scrollWidth, clientWidth } = byId(`${prefixOf(this.#number)}${region}`);
      return scrollWidth > clientWidth + ROUNDING_PX;
    });
  }

  leaveOut(isLeftOut: boolean): void {
    this.#isLeftOut = isLeftOut;
    const button = this.place.querySelector("[data-leave]");
    if (button !== null) button.textContent = isLeftOut ? texts.item.putBack : texts.item.leaveOut;
    this.#show();
  }

  /** It waits for this person no more, and is not signed for from then on. */
  end(why: string): void {
    this.#ended ??= why;
    this.place.querySelector("[data-leave]")?.remove();
    this.#show();
  }

  /** Whether it can still be among those that are signed for, by how it stands. */
  waitsFor(personId: string, { status, decisions }: ApprovalPageState): boolean {
    return status === "pending" && decisions.every(({ id }) => id !== personId);
  }

  /** Whether it can be decided for longer than it says here: what would be signed is another request then. */
  endsBefore(expiresAt: string | undefined): boolean {
    return expiresAt !== undefined && expiresAt > this.data.request.expires_at;
  }

  #show(): void {
    this.place.dataset["in"] = this.isIn ? "yes" : "no";
    const note = byId(`${prefixOf(this.#number)}note`);
    note.textContent = this.#ended === null ? texts.item.leftOut : texts.item.ended(this.#ended);
    note.hidden = this.isIn;
  }
}

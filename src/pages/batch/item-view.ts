/**
 * One request of several that are decided together, as its card shows it. Pure: the server sends it, the browser makes it again from what it
 * hashed and compares.
 */
import { type ApprovalPageState, signaturesGiven, signaturesNeeded } from "#api/approval-page-data.ts";
import type { BatchItem, BatchPageData } from "#api/batch/batch-shapes.ts";
import type { BroughtItem } from "#api/batch/signing-shapes.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import { REQUEST_REGIONS, type RequestViews, requestViews } from "#pages/approvals/request-view.ts";
import { partOfPage } from "./part-of-page.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { batchScriptTexts as texts } from "#texts/browser/approvals/batch.ts";

/** The ids of what belongs to the request of this number, from 1, begin with it. */
export const prefixOf = (number: number): string => `r${number}-`;

/**
 * The views of its card, with ids of their own. Of a folded one only who asks for what is shown, and nothing is made of its payload: fifty
 * may be as large as one may be.
 */
export function itemViews(
  { request, payload, aids, is_folded: isFolded }: BatchItem,
  number: number,
  people: BatchPageData["people"],
): RequestViews {
  const views = requestViews(request, isFolded ? null : payload, people, aids);
  const own = REQUEST_REGIONS.map((region): [string, ViewElement] => [region, partOfPage(views[region], prefixOf(number))]);
  return Object.fromEntries(own) as RequestViews;
}

/** All of it but who asks for what, which stands before: the payload whole, and the terms. */
export const wholeView = (views: RequestViews): ViewElement =>
  styled(
    "div",
    "whole",
    views.preview,
    views.differs,
    element(
      "section",
      { "aria-label": texts.item.payload },
      element("h3", {}, texts.item.payload),
      styled("div", "sheet", views.payload, styled("div", "seal", views["payload-hash"])),
    ),
    element("section", { "aria-label": texts.item.terms }, element("h3", {}, texts.item.terms), views.terms),
  );

/** How many have signed, where it takes more than one. */
export function quorumText({ request, state }: Pick<BatchItem, "request" | "state">): string {
  const needed = signaturesNeeded(request);
  return needed === 1 ? "" : texts.item.signatures(signaturesGiven(state), needed);
}

/** The name of the button, for so many; without what follows it. */
export const signText = (count: number, verdict: Verdict): string =>
  verdict === "approved" ? texts.item.signApprovals(count) : texts.item.signDenials(count);

/** Of one whose deadline is another now, and with it what would be signed. */
export const MORE_TIME = texts.item.moreTime;

/** Words for how a request stands that waits for this person no more. */
export function endedText({ status, decisions }: ApprovalPageState, personId: string): string {
  if (decisions.some(({ id }) => id === personId)) return texts.item.signedAlready;
  switch (status) {
    case "pending":
      return texts.item.noLongerWaits;
    case "settling":
      return texts.item.beingDecided;
    case "approved":
      return texts.item.wasApproved;
    case "denied":
      return texts.item.wasDenied;
    case "expired":
      return texts.item.timeIsUp;
    case "cancelled":
      return texts.item.wasCancelled;
  }
}

/** Words for how a request stands since this person has decided it. */
const STANDS: Readonly<Record<Verdict, Readonly<Record<string, string>>>> = texts.item.stands;

/** What became of one of them. */
export const broughtRow = ({ status, problem }: BroughtItem, { id, action }: BatchItem["request"], verdict: Verdict): ViewElement =>
  element(
    "li",
    { "data-counts": problem === null ? "yes" : "no" },
    element("a", { class: "what", href: `/a/${id}` }, textView(action)),
    styled(
      "span",
      "who",
      problem === null ? (STANDS[verdict][status ?? ""] ?? texts.item.signedNow(status ?? texts.item.notKnown)) : problem.detail,
    ),
  );

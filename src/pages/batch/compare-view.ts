/**
 * Two requests side by side: what differs first, with what stands in each, and what is the same below it, as whole. Nobody signs anything
 * here. Pure.
 */
import type { ApprovalPageState, MentionedPerson } from "#api/approval-page-data.ts";
import { isV2, type RequestDocument } from "#countersign/documents/request.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { membersBetween, namedViews } from "#pages/kit/value/members-between.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { batchTexts as texts } from "#texts/approvals/batch.ts";

/** One of the two. */
export interface Side {
  request: RequestDocument;
  /** Null once it is not kept any more. */
  payload: JsonObject | null;
  status: ApprovalPageState["status"];
}

const STATUS: Readonly<Record<Side["status"], string>> = {
  pending: texts.compare.waits,
  settling: texts.compare.beingRecorded,
  approved: texts.compare.approved,
  denied: texts.compare.denied,
  expired: texts.compare.expired,
  cancelled: texts.compare.cancelled,
};

function headView(word: string, { request, status }: Side, people: readonly MentionedPerson[]): ViewElement {
  const { id, action, requested_by: agent, requested_at: askedAt } = request;
  const from = texts.compare.asked(personView(agent.owner, people), timeView(askedAt));
  return element(
    "div",
    {},
    element("h2", {}, `${word}: `, element("a", { href: `/a/${id}` }, textView(action))),
    element("p", {}, textView(agent.name, "agent"), ...from, STATUS[status], "."),
  );
}

/** Who wants what, and why. */
const asked = ({ action, reason, requested_by: agent }: RequestDocument): JsonObject => ({
  action,
  reason,
  agent: { id: agent.id, name: agent.name, owner: agent.owner },
});

const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1_000;

/** By what it is decided. What every request has of its own, its times and ids, is no difference of meaning and stands above. */
function terms(request: RequestDocument): JsonObject {
  const { policy, context, expires_at: expiresAt, requested_at: askedAt, use_by: useBy } = request;
  const times = {
    [texts.compare.secondsToDecide]: secondsBetween(askedAt, expiresAt),
    [texts.compare.secondsToUse]: secondsBetween(expiresAt, useBy),
  };
  if (!isV2(request)) return { policy, context, quorum: request.quorum, ...times };
  const quorum = request.quorum.map(({ escalations, ...slot }) => ({
    ...slot,
    escalations: escalations.map(({ from, eligible }) => ({ [texts.compare.secondsAfterAsking]: secondsBetween(askedAt, from), eligible })),
  }));
  return { policy, context, quorum, ...times, denials: request.denials };
}

/** What of one kind of thing differs, and what does not. */
function sectionView(name: string, first: JsonObject | null, second: JsonObject | null): ViewElement {
  const title = element("h2", {}, name);
  if (first === null || second === null) {
    return element("section", {}, title, styled("p", "quiet", texts.compare.notKept));
  }
  const { changed, large, same } = membersBetween(first, second, { first: texts.compare.onlyFirst, second: texts.compare.onlySecond });
  const alike = Object.fromEntries(same.map((member) => [member, first[member] as JsonValue]));
  return element(
    "section",
    { "data-differs": changed.length + large.length === 0 ? "no" : "yes" },
    title,
    changed.length + large.length === 0 ? element("p", {}, texts.compare.nothingDiffers) : null,
    changed.length === 0 ? null : styled("div", "sheet payload", ...changed),
    large.length === 0 ? null : element("p", {}, ...texts.compare.tooLarge(namedViews(large))),
    same.length === 0 ? null : element("details", {}, element("summary", {}, texts.compare.same(same.length)), objectView(alike)),
  );
}

/** The two, and each kind of thing in which they may differ. */
export const compareViews = (first: Side, second: Side, people: readonly MentionedPerson[]): ViewElement[] => [
  styled("div", "compared", headView(texts.compare.first, first, people), headView(texts.compare.second, second, people)),
  sectionView(texts.compare.request, asked(first.request), asked(second.request)),
  sectionView(texts.compare.payload, first.payload, second.payload),
  sectionView(texts.compare.terms, terms(first.request), terms(second.request)),
];

/**
 * The story of a request around its signatures (progress-view.ts): who asked, who was told, how it ended, what the agent did with it and how
 * that went.
 * Pure; made again whenever the page learns more.
 */
import { type ApprovalPageData, type ApprovalPageState, isFinal, isPastUse } from "#api/approval-page-data.ts";
import { usableUntil } from "#countersign/documents/request.ts";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { changesView } from "./talk/changes-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

const step = (...what: (View | null)[]): ViewElement => element("li", {}, ...what);
/** What is still to come. */
const awaited = (...what: View[]): ViewElement => styled("li", "awaited", ...what);

/** How the story begins. */
export const askedView = ({ request }: ApprovalPageData): ViewElement =>
  styled("ul", "signatures", step(...texts.timeline.asked(textView(request.requested_by.name), timeView(request.requested_at))));

const ENDED = {
  approved: texts.timeline.approved,
  denied: texts.timeline.denied,
  expired: texts.timeline.expired,
  cancelled: texts.timeline.cancelled,
} as const;

const HOW_IT_WENT = {
  succeeded: texts.timeline.succeeded,
  failed: texts.timeline.failed,
  unknown: texts.timeline.unknown,
} as const;

type Use = NonNullable<ApprovalPageState["use"]>;

function reportView({ outcome, reported_at: reportedAt, detail }: Use): ViewElement {
  if (outcome === null) return awaited(texts.timeline.notReported);
  const said =
    detail === null
      ? null
      : element(
          "figure",
          { class: "reason" },
          element("figcaption", {}, texts.timeline.howItWent),
          element("blockquote", {}, textView(detail)),
        );
  return step(HOW_IT_WENT[outcome], reportedAt === null ? "" : timeView(reportedAt), said);
}

function useViews({ request }: ApprovalPageData, state: ApprovalPageState, nowMs: number): ViewElement[] {
  const { use = null } = state;
  const until = timeView(state.decided_at === null ? request.use_by : usableUntil(request, state.decided_at));
  if (isPastUse(request, state, nowMs)) return [step(...texts.timeline.neverUsed(until))];
  if (use === null) return [awaited(...texts.timeline.notUsedYet(until))];
  if (use.redeemed_at === null) return [awaited(texts.timeline.aboutToUse)];
  return [step(...texts.timeline.used(textView(request.requested_by.name), timeView(use.redeemed_at))), reportView(use)];
}

/** What whoever denied it would let pass instead. */
function proposedView(
  { payload: asked, people }: ApprovalPageData,
  { by, payload }: NonNullable<ApprovalPageState["proposal"]>,
): ViewElement {
  const changes = payload === null || asked === null ? element("p", {}, texts.timeline.proposalNotKept) : changesView(asked, payload);
  return step(...texts.timeline.proposed(personView(by.id, people)), changes);
}

/** How the story goes on once the request has ended; empty before that. `nowMs` is the server's clock. */
export function afterwardsView(data: ApprovalPageData, state: ApprovalPageState, nowMs: number): ViewElement {
  if (!isFinal(state) || state.status === "pending" || state.status === "settling") return element("div", { id: "afterwards" });
  const at = state.decided_at === null ? null : timeView(state.decided_at);
  return element(
    "div",
    { id: "afterwards" },
    styled(
      "ul",
      "signatures",
      step(ENDED[state.status], at === null ? "" : ", ", at),
      ...(state.proposal === undefined ? [] : [proposedView(data, state.proposal)]),
      ...(state.status === "approved" ? useViews(data, state, nowMs) : []),
    ),
    element("p", {}, element("a", { href: `/verify#request=${data.request.id}` }, texts.timeline.verify)),
  );
}

/** A message to a person, or to a place where a group hears of requests. */
export interface ToldOf {
  /** Username; null of a place. */
  person: string | null;
  /** The channel's name. */
  channel: string;
  type: string;
  state: "waiting" | "sent" | "failed" | "dropped" | "folded";
  sentAt: string | null;
  /** Of a waiting one. */
  nextAt: string | null;
}

const VERBS: Readonly<Record<string, string>> = {
  "request.opened": texts.timeline.told,
  "request.escalated": texts.timeline.escalated,
  "request.reminder": texts.timeline.reminded,
};

function stateViews({ type, state, sentAt, nextAt }: ToldOf): View[] {
  switch (state) {
    case "sent":
      return [VERBS[type] ?? texts.timeline.told, ...(sentAt === null ? [] : [", ", timeView(sentAt)])];
    case "waiting":
      return [texts.timeline.notYetTold, ...(nextAt === null ? [] : texts.timeline.nextTry(timeView(nextAt)))];
    case "failed":
      return [texts.timeline.notReached];
    case "folded":
      return [texts.timeline.folded];
    case "dropped":
      return [texts.timeline.dropped];
  }
}

function toldList(told: readonly ToldOf[]): ViewElement | null {
  const shown = told.filter(({ type }) => Object.hasOwn(VERBS, type));
  if (shown.length === 0) return null;
  const rows = shown.map((one) => {
    const whom: View[] =
      one.person === null
        ? texts.timeline.placeOf(textView(one.channel))
        : texts.timeline.over(textView(one.person), textView(one.channel));
    return styled("li", one.state === "waiting" ? "awaited" : one.state, ...whom, ": ", ...stateViews(one));
  });
  return styled("ul", "signatures", ...rows);
}

/** The region of the page; null where there is nothing in it. */
export function toldSection(told: readonly ToldOf[]): ViewElement | null {
  const list = toldList(told);
  if (list === null) return null;
  return element(
    "section",
    { "aria-labelledby": "told-title", class: "timeline", "data-live": "" },
    element("h2", { id: "told-title" }, texts.timeline.title),
    list,
  );
}

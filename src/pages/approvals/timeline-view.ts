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

const step = (...what: (View | null)[]): ViewElement => element("li", {}, ...what);
/** What is still to come. */
const awaited = (...what: View[]): ViewElement => styled("li", "awaited", ...what);

/** How the story begins. */
export const askedView = ({ request }: ApprovalPageData): ViewElement =>
  styled("ul", "signatures", step(textView(request.requested_by.name), " asked, ", timeView(request.requested_at)));

const ENDED = { approved: "Approved", denied: "Denied", expired: "Expired", cancelled: "Cancelled" } as const;

const HOW_IT_WENT = {
  succeeded: "The agent reported success, ",
  failed: "The agent reported failure, ",
  unknown: "The agent reported that it does not know how it went, ",
} as const;

type Use = NonNullable<ApprovalPageState["use"]>;

function reportView({ outcome, reported_at: reportedAt, detail }: Use): ViewElement {
  if (outcome === null) return awaited("The agent has not reported how it went.");
  const said =
    detail === null
      ? null
      : element(
          "figure",
          { class: "reason" },
          element("figcaption", {}, "How it went, in the agent’s own words"),
          element("blockquote", {}, textView(detail)),
        );
  return step(HOW_IT_WENT[outcome], reportedAt === null ? "" : timeView(reportedAt), said);
}

function useViews({ request }: ApprovalPageData, state: ApprovalPageState, nowMs: number): ViewElement[] {
  const { use = null } = state;
  const until = timeView(state.decided_at === null ? request.use_by : usableUntil(request, state.decided_at));
  if (isPastUse(request, state, nowMs)) return [step("Never used, and no longer usable: its time was up on ", until)];
  if (use === null) return [awaited("Not used yet. The agent can use it once, until ", until)];
  if (use.redeemed_at === null) return [awaited("The agent is about to use it. This is being recorded.")];
  return [step(textView(request.requested_by.name), " used it, ", timeView(use.redeemed_at)), reportView(use)];
}

/** What whoever denied it would let pass instead. */
function proposedView(
  { payload: asked, people }: ApprovalPageData,
  { by, payload }: NonNullable<ApprovalPageState["proposal"]>,
): ViewElement {
  const changes =
    payload === null || asked === null ? element("p", {}, "What was proposed is not kept any more.") : changesView(asked, payload);
  return step(personView(by.id, people), " proposed a change:", changes);
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
    element("p", {}, element("a", { href: `/verify#request=${data.request.id}` }, "Verify this receipt")),
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
  "request.opened": "told",
  "request.escalated": "told, as it now waits for them too",
  "request.reminder": "reminded",
};

function stateViews({ type, state, sentAt, nextAt }: ToldOf): View[] {
  switch (state) {
    case "sent":
      return [VERBS[type] ?? "told", ...(sentAt === null ? [] : [", ", timeView(sentAt)])];
    case "waiting":
      return ["not yet told", ...(nextAt === null ? [] : [": next try ", timeView(nextAt)])];
    case "failed":
      return ["could not be reached"];
    case "folded":
      return ["told of it together with other requests"];
    case "dropped":
      return ["no longer needed to be told"];
  }
}

function toldList(told: readonly ToldOf[]): ViewElement | null {
  const shown = told.filter(({ type }) => Object.hasOwn(VERBS, type));
  if (shown.length === 0) return null;
  const rows = shown.map((one) => {
    const whom: View[] =
      one.person === null ? ["A place of ", textView(one.channel)] : [textView(one.person), " over ", textView(one.channel)];
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
    element("h2", { id: "told-title" }, "Who was told"),
    list,
  );
}

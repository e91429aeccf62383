/**
 * Everything a decision is about, as views: who asks for what and why, the payload, its hash, and the terms. Pure, and the only
 * place where it is laid out: the server sends it, the browser makes it again from what it hashed and compares.
 * Not in scope: what changes while the page is open (progress-view.ts).
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { asksReveal } from "#countersign/documents/reveal.ts";
import { chainIn, type QuorumSlot, type RequestDocument, slotsOf } from "#countersign/documents/request.ts";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { NO_AIDS, type ReadingAids } from "#api/reading/reading-aids.ts";
import { cautionView, withFieldIds } from "#pages/kit/caution-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { exactTimeView, hashView, personView, term, timeView } from "#pages/kit/row-view.ts";
import { AidsAt } from "#pages/kit/value/aids.ts";
import { objectInParts } from "#pages/kit/value/arranged-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { callView } from "./call/call-view.ts";
import { previewView } from "./call/preview-view.ts";
import { differsView } from "./call/differs-view.ts";
import { isCall, judgementView, riskView } from "./judgement-view.ts";
import { outlineView } from "./outline-view.ts";

/** The views by the id of the element that each one is. */
export type RequestViews = Record<"request" | "preview" | "differs" | "payload" | "payload-hash" | "terms", ViewElement>;

/** The ids of the elements that must show what is signed, and what is compared with it. */
export const REQUEST_REGIONS: readonly (keyof RequestViews)[] = ["request", "preview", "differs", "payload", "payload-hash", "terms"];

function reasonView(reason: string | null): ViewElement {
  if (reason === null || reason === "") return styled("p", "no-reason", "The agent gave no reason.");
  return element(
    "figure",
    { class: "reason" },
    element("figcaption", {}, "In the agent’s own words"),
    element("blockquote", {}, textView(reason)),
  );
}

/** What signing makes public, before anything of it is read. */
const revealView = (request: RequestDocument): ViewElement | null =>
  asksReveal(request)
    ? element(
        "p",
        { class: "public", role: "note" },
        element("strong", {}, "Public if approved."),
        " Anyone can then read this request, its payload, the ids of all who could decide it, who did and when. Comments are not published.",
      )
    : null;

function askView(
  request: RequestDocument,
  people: readonly MentionedPerson[],
): [asker: ViewElement, action: ViewElement, reason: ViewElement] {
  return [
    styled(
      "p",
      "asker",
      textView(request.requested_by.name, "agent"),
      ...belowView(request),
      ", agent of ",
      personView(request.requested_by.owner, people),
      ", asked ",
      timeView(request.requested_at),
    ),
    element("h1", {}, textView(request.action)),
    reasonView(request.reason),
  ];
}

/** Those above the agent that asks, as it is signed. */
function belowView(request: RequestDocument): View[] {
  const above = chainIn(request).slice(0, -1);
  return above.length === 0
    ? []
    : [", called by ", ...above.flatMap(({ name }, at): View[] => (at === 0 ? [textView(name)] : [" › ", textView(name)]))];
}

const idView = (id: string): ViewElement => textView(id, "id");

/** A person by name and id; somebody who is not known here has no name. */
const personWithId = (id: string, people: readonly MentionedPerson[]): View[] =>
  people.some((one) => one.id === id) ? [personView(id, people), " ", idView(id)] : [idView(id)];

function slotView(slot: QuorumSlot, people: readonly MentionedPerson[]): ViewElement {
  const eligible = slot.eligible.map((id) => element("li", {}, ...personWithId(id, people)));
  const later = slot.escalations.flatMap(({ from, eligible: ids }) =>
    ids.map((id) => element("li", {}, ...personWithId(id, people), ", from ", exactTimeView(from))),
  );
  return element("li", {}, textView(slot.name), `, ${slot.required} of ${slot.eligible.length}:`, element("ul", {}, ...eligible, ...later));
}

function termsView(request: RequestDocument, people: readonly MentionedPerson[]): ViewElement[] {
  const { requested_by: agent, policy } = request;
  return [
    term("Must sign", element("ul", { class: "slots" }, ...slotsOf(request).map((slot) => slotView(slot, people)))),
    term("Rule", textView(policy.rule), `, version ${policy.version}, hash `, hashView(policy.hash)),
    term("Agent", textView(agent.name), " ", idView(agent.id), ", owner ", ...personWithId(agent.owner, people)),
    term("Asked", exactTimeView(request.requested_at)),
    term("Expires", exactTimeView(request.expires_at)),
    term("To be used by", exactTimeView(request.use_by)),
    term("Context", objectView(request.context)),
    term("Request", idView(request.id), " at ", textView(request.origin, "id"), ", ", textView(request.type, "id")),
  ];
}

const NOT_KEPT = styled("p", "quiet", "Not kept any more. What was decided on had this hash.");

/** The views of one request, without its payload if that is null. `people` are those it mentions; others appear by their id. */
export function requestViews(
  request: RequestDocument,
  payload: JsonObject | null,
  people: readonly MentionedPerson[],
  aids: ReadingAids = NO_AIDS,
): RequestViews {
  const [asker, action, reason] = askView(request, people);
  const parts = objectInParts(payload ?? {}, AidsAt.of(aids));
  const payloadViews = withFieldIds(parts.views, "field");
  const shown = payload === null ? [NOT_KEPT] : [outlineView(payload, parts.ids), ...payloadViews];
  const { context } = request;
  const signedPreview = typeof context["preview_hash"] === "string" ? context["preview_hash"] : undefined;
  const preview = previewView(payload, aids.preview, signedPreview);
  const terms = withFieldIds(termsView(request, people), "term");
  const caution = cautionView([
    { name: "the agent or its owner", href: "#request", views: [asker] },
    { name: "the action", href: "#request", views: [action] },
    { name: "the reason", href: "#request", views: [reason] },
    { name: "the preview", href: "#preview", views: [preview] },
    { name: "the payload", href: "#payload", views: payloadViews },
    { name: "the terms", href: "#terms", views: terms },
  ]);
  const judgement = judgementView(request, people);
  // A call is told from the risk on: what is dangerous in it is on the first screen, however much the agent or the server says.
  const told = isCall(request.context)
    ? [
        asker,
        action,
        riskView(request),
        caution,
        reason,
        payload === null ? null : callView(payload, aids.call, request.action),
        judgement,
        revealView(request),
      ]
    : [asker, action, reason, judgement, revealView(request), caution];
  return {
    request: element("header", { id: "request" }, ...told),
    preview,
    differs: differsView(request.id, payload, aids.previous),
    payload: element("div", { id: "payload", class: "payload" }, ...shown),
    "payload-hash": element("p", { id: "payload-hash" }, styled("span", "kind", "SHA-256 "), hashView(request.payload_hash)),
    terms: element("dl", { id: "terms", class: "object terms" }, ...terms),
  };
}

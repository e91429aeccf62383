/**
 * Everything a decision is about, as views: who asks for what and why, the payload, its hash, and the terms. Pure, and the only
 * place where it is laid out: the server sends it, the browser makes it again from what it hashed and compares.
 * Not in scope: what changes while the page is open (progress-view.ts).
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { asksReveal } from "#countersign/documents/reveal.ts";
import { chainIn, type RequestDocument } from "#countersign/documents/request.ts";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { NO_AIDS, type ReadingAids } from "#api/reading/reading-aids.ts";
import { cautionView, type LookLine, withFieldIds } from "#pages/kit/caution-view.ts";
import { exactTextViews, plainText, textView } from "#pages/kit/text-view.ts";
import { hashView, personView, timeView } from "#pages/kit/row-view.ts";
import { AidsAt } from "#pages/kit/value/aids.ts";
import { objectInParts } from "#pages/kit/value/arranged-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";
import { callView } from "./call/call-view.ts";
import { previewView } from "./call/preview-view.ts";
import { differsView } from "./call/differs-view.ts";
import { isCall, judgementView, riskView } from "./judgement-view.ts";
import { outlineView } from "./outline-view.ts";
import { signedTerms, termsView } from "./terms/terms-view.ts";

/** The views by the id of the element that each one is. */
export type RequestViews = Record<"request" | "preview" | "differs" | "payload" | "payload-hash" | "terms", ViewElement>;

/** The ids of the elements that must show what is signed, and what is compared with it. */
export const REQUEST_REGIONS: readonly (keyof RequestViews)[] = ["request", "preview", "differs", "payload", "payload-hash", "terms"];

function reasonView(reason: string | null): ViewElement {
  if (reason === null || reason === "") return styled("p", "no-reason", texts.request.noReason);
  return element(
    "figure",
    { class: "reason" },
    element("figcaption", {}, texts.request.reason),
    element("blockquote", {}, textView(reason)),
  );
}

/** What signing makes public, before anything of it is read. */
const revealView = (request: RequestDocument): ViewElement | null =>
  asksReveal(request)
    ? element("p", { class: "public", role: "note" }, ...texts.request.public(element("strong", {}, texts.request.publicTitle)))
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
      ...texts.request.asked(belowView(request), personView(request.requested_by.owner, people), timeView(request.requested_at)),
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
    : texts.request.calledBy(above.flatMap(({ name }, at): View[] => (at === 0 ? [textView(name)] : [" › ", textView(name)])));
}

const NOT_KEPT = styled("p", "quiet", texts.request.notKept);

/** The lines about values, each with a link to its row, or to the part that it begins in. */
function lookLines(looks: NonNullable<ReadingAids["looks"]>, aids: AidsAt, { views, ids }: ReturnType<typeof objectInParts>): LookLine[] {
  const shown = new Set(views.flatMap(idsIn));
  return looks.map(({ at, ...told }) => {
    const id = aids.idAt(at);
    const [first] = at;
    const part = (first === undefined ? undefined : ids.get(first)) ?? "payload";
    const numbers = at.slice(at.findLastIndex((name) => !/^\d+$/.test(name)));
    return {
      ...told,
      field: first === undefined ? texts.request.fields.payload : numbers.map(plainText).join(" "),
      href: `#${id !== null && shown.has(id) ? id : part}`,
    };
  });
}

const idsIn = (view: View): string[] =>
  typeof view === "string" ? [] : [...("id" in view.attributes ? [view.attributes["id"] ?? ""] : []), ...view.children.flatMap(idsIn)];

/** The views of one request, without its payload if that is null. `people` are those it mentions; others appear by their id. */
export function requestViews(
  request: RequestDocument,
  payload: JsonObject | null,
  people: readonly MentionedPerson[],
  aids: ReadingAids = NO_AIDS,
): RequestViews {
  const [asker, action, reason] = askView(request, people);
  const at = AidsAt.of(aids);
  const parts = objectInParts(payload ?? {}, at);
  const payloadViews = withFieldIds(parts.views, "field");
  const shown = payload === null ? [NOT_KEPT] : [outlineView(payload, parts.ids), ...payloadViews];
  const { context } = request;
  const signedPreview = typeof context["preview_hash"] === "string" ? context["preview_hash"] : undefined;
  const preview = previewView(payload, aids.preview, signedPreview);
  const terms = withFieldIds(signedTerms(request, people), "term");
  const caution = cautionView(
    [
      { name: texts.request.fields.asker, href: "#request", views: [asker] },
      { name: texts.request.fields.action, href: "#request", views: [action] },
      { name: texts.request.fields.reason, href: "#request", views: [reason] },
      { name: texts.request.fields.preview, href: "#preview", views: [preview] },
      { name: texts.request.fields.payload, href: "#payload", views: payloadViews },
      // What is written densely has its marks as codes; what they hide is told all the same.
      { name: texts.request.fields.payload, href: "#payload", views: parts.dense.flatMap(exactTextViews) },
      { name: texts.request.fields.terms, href: "#terms", views: terms },
    ],
    payload === null ? [] : lookLines(aids.looks ?? [], at, parts),
  );
  const judgement = judgementView(request, people);
  const call = isCall(request.context) && payload !== null ? callView(payload, aids.call, request.action) : null;
  // From the risk on: what is to be looked at is on the first screen, however much the agent or the server says.
  const told = [asker, action, riskView(request), caution, reason, call, judgement, revealView(request)];
  return {
    request: element("header", { id: "request" }, ...told),
    preview,
    differs: differsView(request.id, payload, aids.previous),
    payload: element("div", { id: "payload", class: "payload" }, ...shown),
    "payload-hash": element("p", { id: "payload-hash" }, styled("span", "kind", texts.request.sha256), hashView(request.payload_hash)),
    terms: termsView(request, terms),
  };
}

/** What waits of an agent that is alike, and what came of denying it: rows that the page and its script make alike. */
import type { AlikePageData, DeniedAlikeAnswer } from "#api/patterns/alike-shapes.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { patternsScriptTexts as texts } from "#texts/browser/approvals/patterns.ts";

const rowOf = (request: RequestDocument, attributes: Readonly<Record<string, string>>, ...more: View[]): ViewElement =>
  element(
    "li",
    attributes,
    element("a", { class: "what", href: `/a/${request.id}` }, textView(request.action)),
    styled("span", "who", ...texts.alike.asked(timeView(request.requested_at)), ...more),
    styled("span", "when", ...texts.alike.until(timeView(request.expires_at))),
  );

/** One that would be denied, by the id that `isShown` looks for. */
export const alikeRow = ({ request, same }: AlikePageData["requests"][number]): ViewElement =>
  rowOf(
    request,
    { id: `alike-${request.id}`, "data-same": same ? "yes" : "no" },
    same ? texts.alike.sameArguments : texts.alike.otherArguments,
  );

/** One that has to be denied on its own page. */
export const aloneRow = (request: RequestDocument): ViewElement => rowOf(request, {});

/** Words for how a request stands since it was denied. */
const STANDS: Readonly<Record<string, string>> = texts.alike.stands;

type Outcome = DeniedAlikeAnswer["decisions"][number];

/** What became of one of them. */
export const outcomeRow = ({ status, problem }: Outcome, request: RequestDocument): ViewElement =>
  element(
    "li",
    { "data-denied": problem === null ? "yes" : "no" },
    element("a", { class: "what", href: `/a/${request.id}` }, textView(request.action)),
    styled("span", "who", problem === null ? (STANDS[status ?? ""] ?? texts.alike.now(status ?? texts.alike.notKnown)) : problem.detail),
  );

/** The name of the button, for so many. */
export const verbFor = (count: number): string => texts.alike.deny(count);

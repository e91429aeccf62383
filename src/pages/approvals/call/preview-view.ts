/**
 * What the gate was told before it asked: what would come of the call, as its server says. That its hash is the signed `preview_hash` the
 * browser checks (browser/approval/verified-display.ts). Pure.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { ReadingAids } from "#api/reading/reading-aids.ts";
import { hashView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { boundedView } from "#pages/kit/value/arranged-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

/** Of what it says, and of what it was asked. */
const MOST_NODES = 1_000;
/** The id of the element. */
const ID = "preview";

/** Always there, so that its absence is seen; empty where nothing was called before. `hash`: what is signed. */
export function previewView(payload: JsonObject | null, preview: ReadingAids["preview"], hash: string | undefined): ViewElement {
  if (payload === null || preview === undefined || hash === undefined) return element("section", { id: ID, hidden: "" });
  const { server } = payload;
  const { tool, arguments: given, shown } = preview;
  return element(
    "section",
    { id: ID, class: "preview", "aria-label": texts.preview.title },
    element("h2", {}, ...texts.preview.wouldDo(textView(typeof server === "string" ? server : ""))),
    element("div", { class: "sheet payload" }, boundedView(isObject(shown) ? shown : { result: shown }, MOST_NODES)),
    element("p", { class: "quiet" }, ...texts.preview.answered(textView(tool, "id"))),
    element("details", {}, element("summary", {}, texts.preview.asked), boundedView(given, MOST_NODES)),
    element("p", {}, styled("span", "kind", texts.preview.sha256), hashView(hash)),
  );
}

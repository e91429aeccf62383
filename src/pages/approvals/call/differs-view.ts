/**
 * What differs from the last approved call of the same server and tool, member by member: what changed with both values, what is new and
 * what is gone, and by name what is the same. Pure; made by the browser again. Nobody signs it: the payload below stands whole.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { ReadingAids } from "#api/reading/reading-aids.ts";
import { timeView } from "#pages/kit/row-view.ts";
import { membersBetween, namedViews } from "#pages/kit/value/members-between.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

/** The id of the element. */
const ID = "differs";

/** The members of a call, its arguments beside what says which tool it is. */
const membersOf = (payload: JsonObject): JsonObject => {
  const { arguments: given, ...others } = payload;
  return isObject(given) ? { ...others, ...prefixed(given) } : payload;
};
const prefixed = (given: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`arguments.${name}`, value]));

/** Always there, so that its absence is seen; empty where nothing was approved before. */
export function differsView(id: string, payload: JsonObject | null, previous: ReadingAids["previous"]): ViewElement {
  if (payload === null || previous === null) return element("section", { id: ID, hidden: "" });
  const words = { first: texts.differs.gone, second: texts.differs.new };
  const { changed, large, same } = membersBetween(membersOf(previous.payload), membersOf(payload), words);
  const link = element("a", { href: `/a/${previous.request}` }, texts.differs.lastApproved);
  const from: View[] = texts.differs.comparedWith(link, timeView(previous.approved_at));
  return element(
    "section",
    { id: ID, class: "differs", "aria-label": texts.differs.title },
    element("h2", {}, texts.differs.title),
    element("p", {}, ...from, changed.length + large.length === 0 ? texts.differs.nothing : ""),
    changed.length === 0 ? null : styled("div", "sheet payload", ...changed),
    large.length === 0 ? null : element("p", {}, ...texts.differs.tooLarge(namedViews(large))),
    element("p", {}, element("a", { href: `/compare?a=${previous.request}&b=${id}` }, texts.differs.compare)),
    same.length === 0 ? null : element("p", { class: "quiet" }, ...texts.differs.same(namedViews(same))),
  );
}

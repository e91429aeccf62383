/**
 * What differs from the last approved call of the same server and tool, member by member: what changed with both values, what is new and
 * what is gone, and by name what is the same. Pure; made by the browser again. Nobody signs it: the payload below stands whole.
 */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { ReadingAids } from "#api/reading/reading-aids.ts";
import { timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { changeView, onlyView } from "#pages/kit/value/arranged-view.ts";
import { densePlan } from "#pages/kit/value/dense.ts";
import { shortened } from "#pages/kit/value/parts.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** The id of the element. */
const ID = "differs";

/** The members of a call, its arguments beside what says which tool it is. */
const membersOf = (payload: JsonObject): JsonObject => {
  const { arguments: given, ...others } = payload;
  return isObject(given) ? { ...others, ...prefixed(given) } : payload;
};
const prefixed = (given: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`arguments.${name}`, value]));

/** Nodes of both sides together. */
const MOST_NODES = 1_500;
/** Names that are said. */
const MOST_NAMED = 60;

function named(names: readonly string[]): View[] {
  const left = names.length - MOST_NAMED;
  const said = names.slice(0, MOST_NAMED).flatMap((name, i): View[] => [i === 0 ? "" : ", ", textView(shortened(name), "id")]);
  return left > 0 ? [...said, ` and ${left} more`] : said;
}

/** Those of the changed members that are too large to stand beside each other. */
function tooLarge(names: readonly string[], was: JsonObject, is: JsonObject): ReadonlySet<string> {
  const both = Object.fromEntries(names.map((name) => [name, [was[name] ?? null, is[name] ?? null]]));
  const plan = densePlan(both, MOST_NODES);
  return new Set(names.filter((name) => plan === "dense" || plan.has(name)));
}

/** Always there, so that its absence is seen; empty where nothing was approved before. */
export function differsView(id: string, payload: JsonObject | null, previous: ReadingAids["previous"]): ViewElement {
  if (payload === null || previous === null) return element("section", { id: ID, hidden: "" });
  const [was, is] = [membersOf(previous.payload), membersOf(payload)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted();
  const both = names.filter((name) => Object.hasOwn(was, name) && Object.hasOwn(is, name));
  const same = both.filter((name) => canonicalize(was[name] as JsonValue) === canonicalize(is[name] as JsonValue));
  const changed = names.filter((name) => !same.includes(name));
  const large = tooLarge(changed, was, is);
  const compared = changed.filter((name) => !large.has(name));
  const views = compared.map((name) => {
    if (!Object.hasOwn(is, name)) return onlyView("Gone", "del", name, was[name] as JsonValue);
    if (!Object.hasOwn(was, name)) return onlyView("New", "ins", name, is[name] as JsonValue);
    return changeView(name, was[name] as JsonValue, is[name] as JsonValue);
  });
  const link = element("a", { href: `/a/${previous.request}` }, "last approved call");
  const from: View[] = ["Compared with the ", link, " of this tool, ", timeView(previous.approved_at), "."];
  return element(
    "section",
    { id: ID, class: "differs", "aria-label": "What differs" },
    element("h2", {}, "What differs"),
    element("p", {}, ...from, changed.length === 0 ? " Nothing differs." : ""),
    compared.length === 0 ? null : styled("div", "sheet payload", ...views),
    large.size === 0 ? null : element("p", {}, "Changed, and too large to compare here: ", ...named([...large]), "."),
    element("p", {}, element("a", { href: `/compare?a=${previous.request}&b=${id}` }, "Compare the two")),
    same.length === 0 ? null : element("p", { class: "quiet" }, "The same: ", ...named(same), "."),
  );
}

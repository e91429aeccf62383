/** What a proposed payload changes of the one that was asked for, member by member. Pure. */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { textView } from "#pages/kit/text-view.ts";
import { changeView, onlyView } from "#pages/kit/value/arranged-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

const isSame = (one: JsonValue, other: JsonValue): boolean => canonicalize(one) === canonicalize(other);

export function changesView(asked: JsonObject, proposed: JsonObject): ViewElement {
  const names = [...new Set([...Object.keys(asked), ...Object.keys(proposed)])].toSorted();
  const has = (payload: JsonObject, name: string): boolean => Object.hasOwn(payload, name);
  const value = (payload: JsonObject, name: string): JsonValue => payload[name] as JsonValue;
  const same = names.filter((name) => has(asked, name) && has(proposed, name) && isSame(value(asked, name), value(proposed, name)));
  const views = names
    .filter((name) => !same.includes(name))
    .map((name) => {
      if (!has(proposed, name)) return onlyView(texts.changes.gone, "del", name, value(asked, name));
      if (!has(asked, name)) return onlyView(texts.changes.new, "ins", name, value(proposed, name));
      return changeView(name, value(asked, name), value(proposed, name));
    });
  const quiet = same.flatMap((name, i): View[] => [i === 0 ? "" : ", ", textView(name, "id")]);
  return element(
    "div",
    { class: "proposed" },
    styled("div", "sheet payload", ...views),
    same.length === 0 ? null : element("p", { class: "quiet" }, ...texts.changes.same(quiet)),
  );
}

/** Two objects side by side, member by member: those that differ as views, the names of those that are too large for that, and of those that do not. Pure. */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { textView } from "../text-view.ts";
import type { View, ViewElement } from "../view.ts";
import { changeView, onlyView } from "./arranged-view.ts";
import { densePlan } from "./dense.ts";
import { shortened } from "./parts.ts";

/** Nodes of both sides together. */
const MOST_NODES = 1_500;
/** Names that are said. */
const MOST_NAMED = 60;

/** Words for what only one of the two has. */
interface Words {
  first: string;
  second: string;
}

export interface MembersBetween {
  changed: ViewElement[];
  large: string[];
  same: string[];
}

/** Of all members in their order. */
export function membersBetween(first: JsonObject, second: JsonObject, words: Words): MembersBetween {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].toSorted();
  const isIn = (members: JsonObject, name: string): boolean => Object.hasOwn(members, name);
  const isSame = (name: string): boolean =>
    isIn(first, name) && isIn(second, name) && canonicalize(first[name] as JsonValue) === canonicalize(second[name] as JsonValue);
  const same = names.filter(isSame);
  const differing = names.filter((name) => !same.includes(name));
  const isLarge = largeOf(differing, first, second);
  const changed = differing
    .filter((name) => !isLarge.has(name))
    .map((name) => {
      if (!isIn(second, name)) return onlyView(words.first, "del", name, first[name] as JsonValue);
      if (!isIn(first, name)) return onlyView(words.second, "ins", name, second[name] as JsonValue);
      return changeView(name, first[name] as JsonValue, second[name] as JsonValue);
    });
  return { changed, large: [...isLarge], same };
}

/** Those of the differing members that are too large to stand beside each other. */
function largeOf(names: readonly string[], first: JsonObject, second: JsonObject): ReadonlySet<string> {
  const both = Object.fromEntries(names.map((name) => [name, [first[name] ?? null, second[name] ?? null]]));
  const plan = densePlan(both, MOST_NODES);
  return new Set(names.filter((name) => plan === "dense" || plan.has(name)));
}

/** Names one after the other, as many as one reads. */
export function namedViews(names: readonly string[]): View[] {
  const left = names.length - MOST_NAMED;
  const said = names.slice(0, MOST_NAMED).flatMap((name, i): View[] => [i === 0 ? "" : ", ", textView(shortened(name), "id")]);
  return left > 0 ? [...said, texts.value.andMoreNames(left)] : said;
}

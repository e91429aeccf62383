/** Two objects side by side, member by member: those that differ as views, and the names of those that do not. Pure. */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import type { ViewElement } from "../view.ts";
import { changeView, onlyView } from "./arranged-view.ts";

/** Words for what only one of the two has. */
interface Words {
  first: string;
  second: string;
}

export interface MembersBetween {
  changed: ViewElement[];
  same: string[];
}

/** Of all members in their order. */
export function membersBetween(first: JsonObject, second: JsonObject, words: Words): MembersBetween {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].toSorted();
  const isIn = (members: JsonObject, name: string): boolean => Object.hasOwn(members, name);
  const isSame = (name: string): boolean =>
    isIn(first, name) && isIn(second, name) && canonicalize(first[name] as JsonValue) === canonicalize(second[name] as JsonValue);
  const same = names.filter(isSame);
  const changed = names
    .filter((name) => !same.includes(name))
    .map((name) => {
      if (!isIn(second, name)) return onlyView(words.first, "del", name, first[name] as JsonValue);
      if (!isIn(first, name)) return onlyView(words.second, "ins", name, second[name] as JsonValue);
      return changeView(name, first[name] as JsonValue, second[name] as JsonValue);
    });
  return { changed, same };
}

/** What differs between what people approved and what there is now. */
import { canonicalize, type JsonValue, placeBelow } from "../../json/canonical-json.ts";

/** A place that differs, with what it was and what it is; undefined for what is not there. */
export interface ChangedMember {
  place: string;
  was: JsonValue | undefined;
  is: JsonValue | undefined;
}

const isTree = (value: JsonValue | undefined): value is JsonValue[] | { [name: string]: JsonValue } =>
  typeof value === "object" && value !== null;

const stepsOf = (value: JsonValue[] | { [name: string]: JsonValue }): (string | number)[] =>
  Array.isArray(value) ? [...value.keys()] : Object.keys(value);

const at = (value: JsonValue[] | { [name: string]: JsonValue }, step: string | number): JsonValue | undefined =>
  Array.isArray(value) ? value[Number(step)] : Object.hasOwn(value, step) ? value[String(step)] : undefined;

/** Each innermost place at which they differ, in order; nothing if they are the same document. */
export function changedMembers(was: JsonValue | undefined, is: JsonValue | undefined, place = "$"): ChangedMember[] {
  if (was !== undefined && is !== undefined && canonicalize(was) === canonicalize(is)) return [];
  if (!isTree(was) || !isTree(is) || Array.isArray(was) !== Array.isArray(is)) return [{ place, was, is }];
  const steps = [...new Set([...stepsOf(was), ...stepsOf(is)])];
  return steps.flatMap((step) => {
    const [before, after] = [at(was, step), at(is, step)];
    return before === undefined && after === undefined ? [] : changedMembers(before, after, placeBelow(place, step));
  });
}

/**
 * What differs among the arguments of like requests that people approved, member by member: what was always the same stays fixed, numbers
 * lie within what was seen, texts are among those seen. Where a member differs in any other way, only the requests with one of its values
 * are looked at further. Pure.
 */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";

/** More texts than these are no list that anybody reads. */
const MOST_TEXTS = 8;

export type Bound =
  | { kind: "fixed"; value: JsonValue }
  | { kind: "range"; from: number; to: number }
  | { kind: "one_of"; values: (string | boolean)[] };

export interface MemberBound {
  member: string;
  bound: Bound;
  /** Whether it may be left out, as it was in some of them. */
  isOptional: boolean;
}

interface WithArguments {
  args: JsonObject;
}

export interface Bounded<One extends WithArguments> {
  members: MemberBound[];
  /** Those that the bounds are drawn from, in the order given; all that they take in of those given. */
  covered: One[];
}

/** Within what these values lie; null where that is nothing that a rule should say. */
function boundOf(values: readonly JsonValue[]): Bound | null {
  const [first = null] = values;
  const distinct = new Map(values.map((value) => [canonicalize(value), value]));
  if (distinct.size === 1) return { kind: "fixed", value: first };
  if (values.every((value) => typeof value === "number")) return { kind: "range", from: Math.min(...values), to: Math.max(...values) };
  const all = [...distinct.values()];
  if (all.every((value) => typeof value === "boolean")) return { kind: "one_of", values: all };
  if (all.length <= MOST_TEXTS && all.every((value) => typeof value === "string")) return { kind: "one_of", values: all.toSorted() };
  return null;
}

/** Of requests that differ there otherwise: those with the value, or without any, that most of them have; the first of as many. */
function likeMost<One extends WithArguments>(requests: readonly One[], member: string): One[] {
  const byValue = Map.groupBy(requests, ({ args }) => (Object.hasOwn(args, member) ? canonicalize(args[member] ?? null) : ""));
  return [...byValue.values()].reduce((most, some) => (some.length > most.length ? some : most), []);
}

const membersOf = (requests: readonly WithArguments[]): string[] =>
  [...new Set(requests.flatMap(({ args }) => Object.keys(args)))].toSorted();

export function boundsOf<One extends WithArguments>(requests: readonly One[]): Bounded<One> {
  const members: MemberBound[] = [];
  for (const member of membersOf(requests)) {
    const holding = requests.filter(({ args }) => Object.hasOwn(args, member));
    const bound = boundOf(holding.map(({ args }) => args[member] ?? null));
    // Fewer each time: those that are like each other there.
    if (bound === null) return boundsOf(likeMost(requests, member));
    members.push({ member, bound, isOptional: holding.length < requests.length });
  }
  return { members, covered: [...requests] };
}

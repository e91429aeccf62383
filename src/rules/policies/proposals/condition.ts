/**
 * A condition (CEL) that takes arguments within bounds, and nothing else: no other members, none missing, no other types. Values are
 * compared piece by piece, because a literal of a list or a map cannot say all that JSON can. Pure.
 */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { textLiteral } from "#countersign/policy/proposing/text-literal.ts";
import type { Bound, MemberBound } from "./bounds.ts";

/** A double, as numbers of arguments are. */
const numberLiteral = (number: number): string => {
  const digits = String(number);
  return /[.e]/.test(digits) ? digits.replace("e+", "e") : `${digits}.0`;
};

const scalarLiteral = (value: null | boolean | number | string): string =>
  typeof value === "string" ? textLiteral(value) : typeof value === "number" ? numberLiteral(value) : String(value);

/** All of them, as deep as it has to be and no deeper: conditions may be only so deep. */
function all(parts: readonly string[]): string {
  if (parts.length <= 4) return parts.join(" && ");
  const half = Math.ceil(parts.length / 2);
  return [parts.slice(0, half), parts.slice(half)].map((some) => (some.length === 1 ? all(some) : `(${all(some)})`)).join(" && ");
}

/** What has to hold for what stands at `place` to be just `value`. */
function isJust(place: string, value: JsonValue): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${place} == []`];
    // What is no list cannot be compared with one: then the condition fails.
    return [`${place} != []`, `size(${place}) == ${value.length}`, ...value.flatMap((item, at) => isJust(`${place}[${at}]`, item))];
  }
  if (isObject(value)) {
    const members = Object.entries(value);
    if (members.length === 0) return [`${place} == {}`];
    const inside = members.flatMap(([name, item]) => isJust(`${place}[${textLiteral(name)}]`, item));
    return [`${place} != {}`, `size(${place}) == ${members.length}`, ...inside];
  }
  return [`${place} == ${scalarLiteral(value)}`];
}

function lies(place: string, bound: Bound): string[] {
  switch (bound.kind) {
    case "fixed":
      return isJust(place, bound.value);
    case "range":
      return [`${place} >= ${numberLiteral(bound.from)}`, `${place} <= ${numberLiteral(bound.to)}`];
    case "one_of":
      return [`${place} in [${bound.values.map(scalarLiteral).join(", ")}]`];
  }
}

/** Names that CEL takes after a dot; words of its own among them are written in brackets. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;
const WORDS =
  /^(?:true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while|__proto__|constructor)$/;

const placeOf = (member: string): string => (PLAIN.test(member) && !WORDS.test(member) ? `args.${member}` : `args[${textLiteral(member)}]`);

export function conditionOf(members: readonly MemberBound[]): string {
  const optional = members.filter(({ isOptional }) => isOptional);
  const present = optional.map(({ member }) => `(${textLiteral(member)} in args ? 1 : 0)`);
  const size = `size(args) == ${[members.length - optional.length, ...present].join(" + ")}`;
  const parts = members.map(({ member, bound, isOptional }) => {
    const inside = lies(placeOf(member), bound);
    if (!isOptional) return inside.length > 1 ? `(${all(inside)})` : all(inside);
    return `(!(${textLiteral(member)} in args) || ${inside.length > 1 ? `(${all(inside)})` : all(inside)})`;
  });
  return all([size, ...parts]);
}

/** What is kept of one call of an agent, to answer what a policy asks later: its place in time, its tool, and a little of its arguments. */
import { hex, sha256, utf8 } from "../../../encoding/bytes.ts";
import { canonicalize, type JsonObject, type JsonValue } from "../../../json/canonical-json.ts";
import { isObject } from "../../../json/shape.ts";
import type { PastProfile } from "./profile.ts";

type Scalar = string | number | boolean;

export interface PastCall {
  /** Since the epoch. */
  atMs: number;
  /** Null for an ask that was used. */
  server: string | null;
  /** Empty where an ask named none. */
  tool: string;
  /** Scalar members by the way to them, such as `to`, `transfer.amount` or `to[0]`; null: nothing of the arguments is kept. */
  scalars: Readonly<Record<string, Scalar>> | null;
  /** Whether `scalars` are not all of the arguments. */
  isCut: boolean;
  /** Hashes of the watched members (`watchedOf`), by their path; null: nothing of the arguments is kept. */
  watched: Readonly<Record<string, readonly string[]>> | null;
  /** Tells it from others. */
  key: string;
}

/** What is kept of an agent. The judged thing itself is not among it; refused calls never are. */
export interface Past {
  /** Newest last. What is in flight counts. */
  calls: readonly PastCall[];
  /** Nothing is known of what was before; null: all there ever was is kept. */
  sinceMs: number | null;
  /** What outlives the calls. It may lag behind them: a call is put into it once it can be left out no more. */
  profile: PastProfile;
}

/** What scalars of one call may take, names included, as JSON in UTF-8. */
const MOST_BYTES = 2_048;
/** Members that are looked at. */
const MOST_MEMBERS = 2_000;
/** Names that a way of names can tell. */
export const PLAIN_NAME = /^[^.[\]]+$/;

/** The scalar members of arguments, in their order, as far as they fit. What does not is left out, and `isCut` says so. */
export function scalarsOf(args: JsonObject): { scalars: Record<string, Scalar>; isCut: boolean } {
  const kept: [string, Scalar][] = [];
  let [left, looked, isCut] = [MOST_BYTES, 0, false];
  const visit = (value: JsonValue, way: string): void => {
    looked += 1;
    if (left <= 0 || looked > MOST_MEMBERS || value === null) isCut = true;
    else if (typeof value !== "object") keep(way, value);
    else if (Array.isArray(value)) value.forEach((one, index) => visit(one, `${way}[${index}]`));
    else for (const [name, one] of Object.entries(value)) visitMember(name, one, way);
    // Of what is empty nothing is kept that says that it was there.
    if (typeof value === "object" && value !== null && way !== "" && Object.keys(value).length === 0) isCut = true;
  };
  const visitMember = (name: string, value: JsonValue, way: string): void => {
    if (PLAIN_NAME.test(name) && name !== "__proto__") visit(value, way === "" ? name : `${way}.${name}`);
    else isCut = true;
  };
  const keep = (way: string, value: Scalar): void => {
    const bytes = typeof value === "string" && value.length > left ? Infinity : utf8(JSON.stringify([way, value])).length;
    if (bytes > left) isCut = true;
    else {
      left -= bytes;
      kept.push([way, value]);
    }
  };
  visit(args, "");
  return { scalars: Object.fromEntries(kept), isCut };
}

/** At least as long as the longest list, map or text of the arguments that are made of them. */
export function longestOf(scalars: Readonly<Record<string, Scalar>>): number {
  const all = Object.entries(scalars);
  return all.reduce((most, [way, value]) => Math.max(most, way.length, typeof value === "string" ? value.length : 0), 2 * all.length);
}

/** Arguments made of their scalars again. */
export function argumentsOf(scalars: Readonly<Record<string, Scalar>>): JsonObject {
  const args: JsonObject = {};
  for (const [way, value] of Object.entries(scalars)) {
    const steps = /[.[]/.test(way) ? way.split(/\.|(?=\[)/) : [way];
    let at: JsonObject | JsonValue[] = args;
    steps.forEach((step, index) => {
      const next = steps[index + 1];
      at = put(at, step, next === undefined ? value : next.startsWith("[") ? [] : {}) as JsonObject | JsonValue[];
    });
  }
  return args;
}

/** The member that is there already, or the one given, which then is. What of a list was not kept leaves no hole. */
function put(into: JsonObject | JsonValue[], step: string, value: JsonValue): JsonValue {
  if (Array.isArray(into)) {
    const at = Number(step.slice(1, -1));
    while (into.length <= at) into.push(null);
    return (into[at] ??= value);
  }
  if (!Object.hasOwn(into, step)) into[step] = value;
  return into[step] ?? null;
}

/** Values of one watched member that are told apart. */
const MOST_VALUES = 50;

/**
 * What stands at watched members, as hashes: they are compared, and never shown. Of a list each item is a value; what is a map, holds more
 * than scalars or is too long is one value as a whole, so that nothing is hidden in it.
 */
export function watchedOf(args: JsonObject, watch: readonly (readonly string[])[]): Record<string, readonly string[]> {
  const found = watch.flatMap((path) => {
    const value = path.reduce<JsonValue | undefined>(
      (above, name) => (isObject(above) && Object.hasOwn(above, name) ? above[name] : undefined),
      args,
    );
    return value === undefined || value === null ? [] : [[path.join("."), valuesOf(value).map(hashed)] as const];
  });
  return Object.fromEntries(found);
}

function valuesOf(value: JsonValue): JsonValue[] {
  const isPlainList = Array.isArray(value) && value.length <= MOST_VALUES && value.every((one) => typeof one !== "object");
  return isPlainList ? [...new Set(value)] : [value];
}

const hashed = (value: JsonValue): string => hex(sha256(utf8(canonicalize(value)))).slice(0, 16);

/**
 * Shapes of signed, stored and sent documents: every member present, unknown members refused (docs/formats.md).
 * A shape narrows parsed JSON to a type or names the first place that does not fit.
 */
import type { JsonObject, JsonValue } from "./canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";

/** Where a document does not fit: a path such as `final.record.at`, and what belongs there. */
export class Misfit extends Error {
  constructor(path: string, expected: string) {
    super(`${path || "document"}: ${expected}`);
  }
}

/** Returns `value` as `T`, or throws a Misfit that names `path`. */
export type Shape<T> = (value: JsonValue | undefined, path: string) => T;

/** The type that a shape narrows to. */
export type Of<S> = S extends Shape<infer T> ? T : never;

/** Text of at least `min` and at most `max` UTF-16 code units. */
export const text =
  (min = 0, max = Number.MAX_SAFE_INTEGER): Shape<string> =>
  (value, path) => {
    if (typeof value !== "string" || value.length < min || value.length > max)
      throw new Misfit(path, `text of ${min} to ${max} characters`);
    return value;
  };

/** Text that matches `pattern`, which must be anchored at both ends. */
export const matching =
  (pattern: RegExp, expected: string): Shape<string> =>
  (value, path) => {
    if (typeof value !== "string" || !pattern.test(value)) throw new Misfit(path, expected);
    return value;
  };

/** An integer from `min` to `max`. */
export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER): Shape<number> =>
  (value, path) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max)
      throw new Misfit(path, `integer from ${min} to ${max}`);
    return value;
  };

/** `true` or `false`. */
export const boolean: Shape<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new Misfit(path, "true or false");
  return value;
};

/** Exactly one of the given values. */
export const oneOf =
  <const T extends string | number | boolean | null>(...allowed: readonly T[]): Shape<T> =>
  (value, path) => {
    if (!allowed.includes(value as T)) throw new Misfit(path, allowed.map((one) => JSON.stringify(one)).join(" or "));
    return value as T;
  };

/** The shape, or null. */
export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, path) =>
    value === null ? null : shape(value, path);

/** A list whose every item fits, of at least `min` and at most `max` items. */
export const list =
  <T>(item: Shape<T>, min = 0, max = Number.MAX_SAFE_INTEGER): Shape<T[]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length < min) throw new Misfit(path, `list of at least ${min}`);
    if (value.length > max) throw new Misfit(path, `list of at most ${max}`);
    return value.map((one, index) => item(one, `${path}[${index}]`));
  };

/** Whether parsed JSON is an object: not null, not a list. */
export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Any JSON object, its members unchecked. */
export const anyObject: Shape<JsonObject> = (value, path) => {
  if (!isObject(value)) throw new Misfit(path, "object");
  return value;
};

type Members = Record<string, Shape<unknown>>;
type AllOf<Given extends Members> = { [Name in keyof Given]: Of<Given[Name]> };

/** An object with exactly these members, all of them. */
export const object = <Given extends Members>(members: Given): Shape<AllOf<Given>> => objectWith(members, {});

/** An object with all of `members`, perhaps some of `more`, and no others. */
export const objectWith =
  <Given extends Members, More extends Members>(members: Given, more: More): Shape<AllOf<Given> & Partial<AllOf<More>>> =>
  (value, path) => {
    const given = anyObject(value, path);
    const placeOf = (name: string) => (path === "" ? name : `${path}.${name}`);
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(members, name) && !Object.hasOwn(more, name)) throw new Misfit(placeOf(name), "no such member");
    }
    for (const name of Object.keys(members)) if (!Object.hasOwn(given, name)) throw new Misfit(placeOf(name), "missing member");
    const known = Object.entries({ ...members, ...more }).filter(([name]) => Object.hasOwn(given, name));
    const entries = known.map(([name, shape]) => [name, shape(given[name], placeOf(name))]);
    return Object.fromEntries(entries) as AllOf<Given> & Partial<AllOf<More>>;
  };

/** `value` as `T`, or the first place that does not fit, in words. */
export function fit<T>(shape: Shape<T>, value: JsonValue): Result<T, string> {
  try {
    return accept(shape(value, ""));
  } catch (error) {
    if (error instanceof Misfit) return refuse(error.message);
    throw error;
  }
}

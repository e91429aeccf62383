/** Patterns of a server's schema, checked in linear time where they are said to hold: below properties and items, and nowhere else. */
import { RE2JS } from "@bufbuild/re2";
import { type JsonValue, placeBelow } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";

/** One that RE2 does not read is the server's to check. */
function matches(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).test(text);
  } catch {
    return true;
  }
}

/** The first place in `value` that breaks a pattern of `schema`; null if there is none. */
export function patternBroken(schema: JsonValue | undefined, value: JsonValue | undefined, place: string): string | null {
  if (!isObject(schema) || value === undefined) return null;
  const { pattern, properties, items } = schema;
  if (typeof value === "string") return typeof pattern === "string" && !matches(pattern, value) ? place : null;
  const below: (readonly [JsonValue | undefined, JsonValue, string | number])[] = Array.isArray(value)
    ? value.map((item, index) => [items, item, index] as const)
    : isObject(value) && isObject(properties)
      ? Object.entries(value).map(
          ([name, member]) => [Object.hasOwn(properties, name) ? properties[name] : undefined, member, name] as const,
        )
      : [];
  for (const [part, member, step] of below) {
    const broken = patternBroken(part, member, placeBelow(place, step));
    if (broken !== null) return broken;
  }
  return null;
}

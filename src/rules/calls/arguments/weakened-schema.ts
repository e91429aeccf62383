/**
 * A server's schema without what would take this service long to check: its patterns and formats, which the library checks with
 * expressions that can take for ever. What is taken out only ever lets more through; patterns are checked apart (patterns.ts).
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";

const COSTLY = ["pattern", "patternProperties", "format"] as const;
/** Where a schema is not said to hold, or where another one depends on whether it does: weaker there is stronger as a whole. */
const NEGATIVE = ["not", "if", "then", "else", "propertyNames", "contains", "unevaluatedProperties", "unevaluatedItems"] as const;

const hasCostly = (value: JsonValue): boolean =>
  Array.isArray(value)
    ? value.some(hasCostly)
    : isObject(value) && Object.entries(value).some(([name, member]) => COSTLY.some((one) => one === name) || hasCostly(member));

/** The schema as it may be checked at once. Members of `properties` and `$defs` are names, and no keywords. */
export function weakened(schema: JsonValue): JsonValue {
  if (!isObject(schema) || !hasCostly(schema)) return schema;
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (COSTLY.some((one) => one === name) || name === "additionalProperties" || NEGATIVE.some((one) => one === name && hasCostly(value)))
      continue;
    if (name === "properties" || name === "$defs" || name === "definitions" || name === "dependentSchemas") kept[name] = eachMember(value);
    else if (name === "oneOf" && Array.isArray(value) && hasCostly(value)) kept["anyOf"] = value.map(weakened);
    else if (name === "enum" || name === "const" || name === "default" || name === "examples") kept[name] = value;
    else kept[name] = Array.isArray(value) ? value.map(weakened) : weakened(value);
  }
  // Without the patterns that let further members in, they cannot be kept out.
  if (!("patternProperties" in schema) && "additionalProperties" in schema)
    kept["additionalProperties"] = weakened(schema["additionalProperties"] as JsonValue);
  return kept;
}

const eachMember = (schemas: JsonValue): JsonValue =>
  isObject(schemas) ? Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, weakened(schema)])) : schemas;

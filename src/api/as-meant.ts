/**
 * Input as it is meant. Templates and language models send null, or nothing between quotes, for what they do not give, and numbers and
 * booleans as text. Only members that a schema names are touched: the payload, which is hashed and shown, stays as it was written.
 */
import type * as z from "zod/mini";
import { isObject } from "#countersign/json/shape.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";

/** What is the same as not given where it is empty. Who decides is not: an unset variable must not widen whom an agent asks. */
const EMPTY_IS_NOTHING = new Set(["reason", "idempotency_key"]);

type Definition = z.core.$ZodTypes["_zod"]["def"];
const definitionOf = (schema: z.core.$ZodType): Definition => schema._zod.def as Definition;

/** The schema behind what says that it may be left out or null. */
function unwrapped(schema: z.core.$ZodType): Definition {
  const definition = definitionOf(schema);
  return definition.type === "optional" || definition.type === "nullable" ? unwrapped(definition.innerType) : definition;
}

/** `input`, with the members of `schema`'s objects as they are meant; a member that does not fit is left for the schema to refuse. */
export function asMeant(schema: z.core.$ZodType, input: unknown): unknown {
  const definition = unwrapped(schema);
  switch (definition.type) {
    case "number":
      return typeof input === "string" && /^-?\d{1,15}$/.test(input) ? Number(input) : input;
    case "boolean":
      return input === "true" || input === "false" ? input === "true" : input;
    case "object":
      return isObject(input as JsonValue) ? membersAsMeant(definition.shape, input as Record<string, unknown>) : input;
    default:
      return input;
  }
}

function membersAsMeant(shape: z.core.$ZodShape, input: Record<string, unknown>): Record<string, unknown> {
  const members = Object.entries(input).flatMap(([name, value]): [string, unknown][] => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (schema === undefined) return [[name, value]];
    const isNothing = value === null || (value === "" && EMPTY_IS_NOTHING.has(name));
    return isNothing && definitionOf(schema).type === "optional" ? [] : [[name, asMeant(schema, value)]];
  });
  return Object.fromEntries(members);
}

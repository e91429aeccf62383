/** Documents for properties, made from the schema itself: any that it takes, and any that differ from one of those in one place. */
import fc from "fast-check";
import * as z from "zod/mini";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { b64u, hex } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { anyText } from "#test/support/documents/approval-data.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Text of every sort that a document has. */
const WORDS = [
  anyText,
  fc.integer({ min: 0, max: 4_102_444_800_000 }).map(timestamp),
  bytes(32).map(hex),
  bytes(16).map(b64u),
  fc.tuple(fc.constantFrom("usr_", "agt_", "apr_"), bytes(24)).map(([prefix, id]) => prefix + b64u(id)),
  fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/),
];
const NUMBERS = [fc.nat(9), fc.maxSafeInteger()];

/** Those values that the schema takes, of the sorts of which it takes some. */
function only<Value>(sorts: fc.Arbitrary<Value>[], schema: z.core.$ZodType): fc.Arbitrary<Value> {
  const takes = (value: Value): boolean => z.safeParse(schema, value).success;
  const some = sorts.filter((sort) => fc.sample(sort, { seed: 1, numRuns: 10 }).some(takes));
  return fc.oneof(...some).filter(takes);
}

/** Any document that `schema` takes, with the members that it names. */
export function anyDocument(schema: z.core.$ZodType): fc.Arbitrary<JsonValue> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "string":
      return only(WORDS, schema);
    case "number":
      return only(NUMBERS, schema);
    case "boolean":
      return fc.boolean();
    case "enum":
      return fc.constantFrom(...(Object.values(def.entries) as string[]));
    case "nullable":
      return fc.option(anyDocument(def.innerType), { nil: null });
    case "array":
      return fc.array(anyDocument(def.element), { maxLength: 2 });
    case "object":
      return anyObject(def.shape);
    default:
      throw new Error(`no document is made for ${def.type}`);
  }
}

function anyObject(shape: Readonly<Record<string, z.core.$ZodType>>): fc.Arbitrary<JsonObject> {
  const optional = Object.entries(shape).flatMap(([name, { _zod }]) => (_zod.optin === "optional" ? [name] : []));
  const members = Object.entries(shape).map(([name, member]) => {
    const { def } = (member as z.core.$ZodTypes)._zod;
    return [name, anyDocument(def.type === "optional" ? def.innerType : member)];
  });
  const requiredKeys = Object.keys(shape).filter((name) => !optional.includes(name));
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<JsonValue>>, { requiredKeys, noNullPrototype: true });
}

type Path = readonly string[];

/** Every place in the document, and in each container one more, where nothing is. */
function placesIn(document: JsonValue, here: Path = []): Path[] {
  if (typeof document !== "object" || document === null) return [here];
  const below = Object.entries(document).flatMap(([name, member]) => placesIn(member, [...here, name]));
  return [here, ...below, [...here, Array.isArray(document) ? `${document.length}` : "another"]];
}

/** The document with `instead` in that place; undefined leaves the place out. */
function changed(document: JsonValue, [name, ...rest]: Path, instead: JsonValue | undefined): JsonValue | undefined {
  if (name === undefined || typeof document !== "object" || document === null) return instead;
  const members = new Map<string, JsonValue>(Object.entries(document));
  const member = members.has(name) ? changed(members.get(name) ?? null, rest, instead) : instead;
  if (member === undefined) members.delete(name);
  else members.set(name, member);
  return Array.isArray(document) ? [...members.values()] : Object.fromEntries(members);
}

const anything = fc.oneof(
  fc.constant(undefined),
  ...WORDS,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, true, -1, [], {}),
);

/** Documents that `schema` takes, changed in one place: a member left out, added, or another. */
export const anyMisfit = (schema: z.core.$ZodType): fc.Arbitrary<JsonValue> =>
  anyDocument(schema).chain((document) =>
    fc.tuple(fc.constantFrom(...placesIn(document)), anything).map(([place, instead]) => changed(document, place, instead) ?? null),
  );

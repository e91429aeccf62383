/**
 * Fields of the policy document: each says once what may stand there, for the reader and for the JSON Schema that editors load.
 * A reader tells of everything that does not fit, and not of the first only.
 */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { closest } from "./closest.ts";
import type { FindingCode, Path } from "./finding.ts";

/** What does not fit, and where in the document. `atKey` says that the key itself is meant, not what stands under it. */
export interface Misplaced {
  code: FindingCode;
  path: Path;
  message: string;
  hint: string | null;
  atKey?: boolean;
}

/** Something said of a text in the document; `offset` is counted in that text. */
export interface TextFinding {
  level: "error" | "warning";
  told: Misplaced;
  offset?: number;
}

export interface DocumentField<T> {
  readonly schema: JsonObject;
  /** The value as `T`; undefined if it does not fit, which `told` then has. */
  readonly read: (value: JsonValue, path: Path, told: Misplaced[]) => T | undefined;
}

/** The type of what a field reads. */
export type ReadBy<F> = F extends DocumentField<infer T> ? T : never;

const misfit = (told: Misplaced[], path: Path, message: string, hint: string | null = null): undefined => {
  told.push({ code: "bad_value", path, message, hint });
  return undefined;
};

const kindOf = (value: JsonValue): string => {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : { string: "text", number: "a number", boolean: "true or false" }[typeof value as "string"];
};

const wrongKind = (told: Misplaced[], path: Path, expected: string, value: JsonValue): undefined => {
  told.push({ code: "bad_type", path, message: `${expected} belongs here, and this is ${kindOf(value)}`, hint: null });
  return undefined;
};

/** Text that matches `pattern`, anchored at both ends; `expected` says so in words. */
export const textLike = (pattern: RegExp, expected: string): DocumentField<string> => ({
  schema: { type: "string", pattern: pattern.source },
  read: (value, path, told) => {
    if (typeof value !== "string") return wrongKind(told, path, expected, value);
    return pattern.test(value) ? value : misfit(told, path, `${expected} belongs here, and not ${JSON.stringify(value.slice(0, 80))}`);
  },
});

/** Text of at least `least` and at most `most` UTF-16 code units. */
export const textUpTo = (most: number, least = 1): DocumentField<string> => ({
  schema: { type: "string", minLength: least, maxLength: most },
  read: (value, path, told) => {
    if (typeof value !== "string") return wrongKind(told, path, "text", value);
    return value.length >= least && value.length <= most
      ? value
      : misfit(told, path, `text of ${least} to ${most} characters belongs here`);
  },
});

/** An integer from `least` to `most`. */
export const wholeNumber = (least: number, most: number): DocumentField<number> => ({
  schema: { type: "integer", minimum: least, maximum: most },
  read: (value, path, told) => {
    if (typeof value !== "number") return wrongKind(told, path, `a whole number from ${least} to ${most}`, value);
    const fits = Number.isInteger(value) && value >= least && value <= most;
    return fits ? value : misfit(told, path, `a whole number from ${least} to ${most} belongs here, and not ${value}`);
  },
});

export const trueOrFalse: DocumentField<boolean> = {
  schema: { type: "boolean" },
  read: (value, path, told) => (typeof value === "boolean" ? value : wrongKind(told, path, "true or false", value)),
};

/** One of these words. */
export const wordOf = <const Word extends string>(...words: readonly Word[]): DocumentField<Word> => ({
  schema: words.length === 1 ? { const: words[0] as string } : { enum: [...words] },
  read: (value, path, told) => {
    const expected = words.join(", ");
    if (typeof value !== "string") return wrongKind(told, path, `one of ${expected}`, value);
    if ((words as readonly string[]).includes(value)) return value as Word;
    const meant = closest(value, words);
    return misfit(told, path, `one of ${expected} belongs here`, meant === null ? null : `is ${meant} meant?`);
  },
});

/** A list of at least `least` and at most `most` items. */
export const listOf = <T>(item: DocumentField<T>, least: number, most: number): DocumentField<T[]> => ({
  schema: { type: "array", items: item.schema, minItems: least, maxItems: most },
  read: (value, path, told) => {
    if (!Array.isArray(value)) return wrongKind(told, path, "a list", value);
    if (value.length < least) return misfit(told, path, least === 1 ? "the list is empty" : `a list of at least ${least} belongs here`);
    if (value.length > most) return misfit(told, path, `a list of at most ${most} belongs here, and this has ${value.length}`);
    const items = value.map((one, index) => item.read(one, [...path, index], told));
    return items.every((one) => one !== undefined) ? items : undefined;
  },
});

/** Fields by the kind of JSON value that each is for. */
type ByKind = Partial<Record<"text" | "list" | "map", DocumentField<unknown>>>;

/** Any of several, told apart by what kind of value is given: text, list or map. */
export const eitherOf = <Kinds extends ByKind>(
  fields: Kinds,
  expected: string,
): DocumentField<ReadBy<NonNullable<Kinds[keyof Kinds]>>> => ({
  schema: { anyOf: Object.values(fields as Record<string, DocumentField<unknown>>).map(({ schema }) => schema) },
  read: (value, path, told) => {
    const kind = Array.isArray(value) ? "list" : isObject(value) ? "map" : "text";
    const field = fields[kind] as DocumentField<ReadBy<NonNullable<Kinds[keyof Kinds]>>> | undefined;
    const fits = field !== undefined && (kind !== "text" || typeof value === "string");
    return fits ? field.read(value, path, told) : wrongKind(told, path, expected, value);
  },
});

/** One, or a list of at least one and at most `most`. */
export const oneOrMore = (one: DocumentField<string>, most: number): DocumentField<string | string[]> =>
  eitherOf({ text: one, list: listOf(one, 1, most) }, "text, or a list of texts");

type Fields = Readonly<Record<string, DocumentField<unknown>>>;

/** A map with all of `required`, any of `optional`, and nothing else. */
export const mapOf = <const Required extends Fields, const Optional extends Fields>(
  required: Required,
  optional: Optional,
): DocumentField<{ [Name in keyof Required]: ReadBy<Required[Name]> } & { [Name in keyof Optional]?: ReadBy<Optional[Name]> }> => {
  const fields: Fields = { ...required, ...optional };
  const names = Object.keys(fields);
  const properties = Object.fromEntries(names.map((name) => [name, fields[name]?.schema ?? {}]));
  const mandatory = Object.keys(required);
  return {
    schema: { type: "object", properties, ...(mandatory.length > 0 && { required: mandatory }), additionalProperties: false },
    read: (value, path, told) => {
      if (!isObject(value)) return wrongKind(told, path, "a map", value);
      const before = told.length;
      for (const name of mandatory) {
        if (!Object.hasOwn(value, name)) told.push({ code: "missing_key", path, message: `${name} is missing here`, hint: null });
      }
      const entries = Object.keys(value).map((name) => [name, readMember(fields, name, value, path, told)] as const);
      return told.length === before ? (Object.fromEntries(entries) as never) : undefined;
    },
  };
};

function readMember(fields: Fields, name: string, value: JsonObject, path: Path, told: Misplaced[]): unknown {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field !== undefined) return field.read(value[name] as JsonValue, [...path, name], told);
  const meant = closest(name, Object.keys(fields));
  const isText = /[^\w-]/.test(name);
  const others = isText ? "a text with a comma or a colon in it belongs in quotes" : `there may be: ${Object.keys(fields).join(", ")}`;
  const hint = meant === null ? others : `is ${meant} meant?`;
  told.push({ code: "unknown_key", path: [...path, name], message: `there is no key ${JSON.stringify(name)} here`, hint, atKey: true });
  return undefined;
}

/** A map whose keys match `pattern` and whose values all fit `field`, of at most `most` keys. */
export const mapFrom = <T>(pattern: RegExp, expected: string, field: DocumentField<T>, most: number): DocumentField<Record<string, T>> => ({
  schema: { type: "object", propertyNames: { pattern: pattern.source }, additionalProperties: field.schema, maxProperties: most },
  read: (value, path, told) => {
    if (!isObject(value)) return wrongKind(told, path, "a map", value);
    const before = told.length;
    if (Object.keys(value).length > most) misfit(told, path, `a map of at most ${most} keys belongs here`);
    const entries = Object.entries(value).map(([name, member]) => {
      if (!pattern.test(name)) {
        told.push({ code: "bad_value", path: [...path, name], message: `a key here is ${expected}`, hint: null, atKey: true });
      }
      return [name, field.read(member, [...path, name], told)] as const;
    });
    return told.length === before ? (Object.fromEntries(entries) as Record<string, T>) : undefined;
  },
});

/** Text or a number, as lists hold them. */
export const textOrNumber: DocumentField<string | number> = {
  schema: { type: ["string", "number"] },
  read: (value, path, told) =>
    typeof value === "string" || typeof value === "number" ? value : wrongKind(told, path, "text or a number", value),
};

/** The same field with what an editor shows beside it. */
export const explained = <T>(description: string, field: DocumentField<T>): DocumentField<T> => ({
  ...field,
  schema: { ...field.schema, description },
});

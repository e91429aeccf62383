/**
 * What a tool's accepted schema says of the arguments of a call: of each its type, the values it may have and its default; which of them
 * the schema does not know; and what is not given. It judges nothing: arguments were checked before (rules/calls), and defaults are shown, never applied.
 */
import { isObject } from "#countersign/json/shape.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import type { ValuePlace } from "./payload-marks.ts";

/** A line below the value at a place. */
export interface SchemaNote {
  at: ValuePlace;
  text: string;
  isWarning: boolean;
}

/** Of a payload. */
const MOST_NOTES = 300;
const MOST_VALUES = 12;
/** Characters of a value, and of what the schema says of an argument. */
const LONGEST_VALUE = 60;
const LONGEST_DESCRIPTION = 160;
/** Levels of references to references. */
const MOST_REFERENCES = 8;

const objectOf = (value: JsonValue | undefined): JsonObject | null => (isObject(value) ? value : null);

/** The schema that a local reference leads to. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  let found = schema;
  for (let i = 0; i < MOST_REFERENCES; i++) {
    const reference = found["$ref"];
    if (typeof reference !== "string" || !reference.startsWith("#/")) return found;
    const names = reference.slice(2).split("/");
    const target = names.reduce<JsonValue | undefined>((at, name) => own(at, name.replaceAll("~1", "/").replaceAll("~0", "~")), root);
    const next = objectOf(target);
    if (next === null) return found;
    found = next;
  }
  return found;
}

const own = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

const written = (value: JsonValue): string => {
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${Array.from(text).slice(0, LONGEST_VALUE).join("")}…` : text;
};

/** Words for JSON Schema's types. */
const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  array: "list",
  object: "object",
  null: "null",
};

function typesOf(schema: JsonObject, root: JsonObject): string[] {
  const type = schema["type"];
  const named = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === "string").map((one) => TYPES[one] ?? one);
  const parts = [schema["anyOf"], schema["oneOf"]].flatMap((one) => (Array.isArray(one) ? one : [])).filter(isObject);
  return [...new Set([...named, ...parts.flatMap((part) => typesOf({ ...resolved(part, root), anyOf: null, oneOf: null }, root))])];
}

const oneOfText = (values: readonly JsonValue[]): string => {
  const more = values.length > MOST_VALUES ? ` and ${values.length - MOST_VALUES} more` : "";
  return `one of ${values.slice(0, MOST_VALUES).map(written).join(", ")}${more}`;
};

/** Type, values and default, as one line; empty if the schema says none of it. */
function factsText(schema: JsonObject, root: JsonObject): string {
  const values = schema["enum"];
  const facts = [
    typesOf(schema, root).join(" or "),
    Array.isArray(values) ? oneOfText(values) : "",
    schema["const"] === undefined ? "" : `always ${written(schema["const"])}`,
    schema["default"] === undefined ? "" : `default ${written(schema["default"])}`,
  ];
  return facts.filter((fact) => fact !== "").join("; ");
}

const describedText = (schema: JsonObject): string => {
  const said = schema["description"];
  return typeof said === "string" && said !== "" && said.length <= LONGEST_DESCRIPTION ? said : "";
};

const requiredOf = (schema: JsonObject): string[] => {
  const required = schema["required"];
  return Array.isArray(required) ? required.filter((one) => typeof one === "string") : [];
};

class Notes {
  readonly found: SchemaNote[] = [];
  readonly #root: JsonObject;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  #add(at: ValuePlace, text: string, isWarning = false): void {
    if (text !== "" && this.found.length < MOST_NOTES) this.found.push({ at, text, isWarning });
  }

  /** What is said of one member that is given. */
  #member(schema: JsonObject, value: JsonValue, at: ValuePlace): void {
    this.#add(at, factsText(schema, this.#root));
    this.#add(at, describedText(schema));
    this.value(schema, value, at);
  }

  #object(schema: JsonObject, value: JsonObject, at: ValuePlace): void {
    const properties = objectOf(schema["properties"]) ?? {};
    const others = schema["additionalProperties"];
    const isOpen = isObject(others) || isObject(schema["patternProperties"]);
    for (const [name, member] of Object.entries(value)) {
      const known = objectOf(own(properties, name)) ?? objectOf(others);
      const place = [...at, name];
      if (known !== null) this.#member(resolved(known, this.#root), member, place);
      else if (own(properties, name) === undefined && !isOpen) this.#add(place, "Not in the tool’s schema", true);
    }
    const missing = requiredOf(schema).filter((name) => !Object.hasOwn(value, name));
    if (missing.length > 0) this.#add(at, `Required and not given: ${missing.join(", ")}`, true);
    const absent = Object.entries(properties).flatMap(([name, of]) => {
      const property = isObject(of) ? resolved(of, this.#root) : {};
      if (Object.hasOwn(value, name) || missing.includes(name)) return [];
      return [property["default"] === undefined ? name : `${name} (default ${written(property["default"])})`];
    });
    if (absent.length > 0) this.#add(at, `Not given: ${absent.join(", ")}`);
  }

  /** What is said within a value. */
  value(of: JsonObject, value: JsonValue, at: ValuePlace): void {
    if (this.found.length >= MOST_NOTES) return;
    const schema = resolved(of, this.#root);
    if (Array.isArray(value)) {
      const items = objectOf(schema["items"]);
      if (items !== null) value.forEach((item, i) => this.value(items, item, [...at, String(i + 1)]));
    } else if (isObject(value) && isObject(schema["properties"])) this.#object(schema, value, at);
  }
}

/** What the tool's definition says of `given`, which stands at `at`. */
export function schemaNotes(definition: JsonObject, given: JsonObject, at: ValuePlace): SchemaNote[] {
  const schema = objectOf(definition["inputSchema"]) ?? {};
  const notes = new Notes(schema);
  notes.value({ ...schema, properties: objectOf(schema["properties"]) ?? {} }, given, at);
  return notes.found;
}

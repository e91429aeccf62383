/** Members of `args` that a condition names, against the schema of the one tool that its rule is about. */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import type { ConditionFault, NamedMember } from "../conditions/outline.ts";
import { closest } from "../document/closest.ts";
import type { PolicyMatch } from "../document/policy-document.ts";
import type { ToolHints } from "../judging/facts.ts";

/** A tool as it was accepted. */
export interface KnownTool {
  server: string;
  tool: string;
  inputSchema: JsonValue;
  /** Null where it says nothing of itself. */
  hints: ToolHints | null;
}

/** What may say that there are members which are not listed. */
const OPEN = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "patternProperties"];

const listed = (schema: JsonValue | undefined): JsonObject | null => {
  if (!isObject(schema) || OPEN.some((word) => Object.hasOwn(schema, word))) return null;
  const { properties, additionalProperties: others } = schema;
  if (others === true || isObject(others)) return null;
  if (isObject(properties)) return properties;
  return others === false ? {} : null;
};

const memberOf = (properties: JsonObject | null, name: string): JsonValue | undefined =>
  properties !== null && Object.hasOwn(properties, name) ? properties[name] : undefined;

/** The one tool that a rule is about; undefined if it may be about several, or one that is not known. */
export function onlyTool({ server, tool }: PolicyMatch, tools: readonly KnownTool[]): KnownTool | undefined {
  const plain = (names: string | readonly string[] | undefined): string | null => {
    const [name, ...more] = typeof names === "string" ? [names] : (names ?? []);
    return name === undefined || more.length > 0 || /[*?]/.test(name) ? null : name;
  };
  const [onServer, called] = [plain(server), plain(tool)];
  return tools.find((one) => one.server === onServer && one.tool === called);
}

/** Every member that the schema has no place for, with what may be meant. */
export function unknownArguments(members: readonly NamedMember[], { tool, inputSchema }: KnownTool): ConditionFault[] {
  return members.flatMap(({ path, offset }): ConditionFault[] => {
    const name = path.at(-1) ?? "";
    const above = path.slice(0, -1).reduce<JsonValue | undefined>((schema, step) => memberOf(listed(schema), step), inputSchema);
    const properties = listed(above);
    if (properties === null || Object.hasOwn(properties, name)) return [];
    const names = Object.keys(properties);
    const meant = closest(name, names);
    const place = ["args", ...path.slice(0, -1)].join(".");
    const hint = meant !== null ? `is ${place}.${meant} meant?` : names.length > 0 ? `there are: ${names.slice(0, 20).join(", ")}` : null;
    return [{ code: "unknown_argument", offset, message: `the tool ${tool} has no ${place}.${name}`, hint }];
  });
}

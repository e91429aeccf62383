/**
 * A rule for a newly accepted tool, as a draft for the policy's editor: what it may do is told from its name, its schema and its hints. A
 * server writes all of these, so they make a proposal graver and never lighter, and nothing is published by itself.
 */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { hintsOf } from "../judging/tool-hints.ts";

/** From the lightest to the gravest. */
export const TOOL_CLASSES = ["read-only", "harmless write", "reversible change", "irreversible", "production"] as const;
export type ToolClass = (typeof TOOL_CLASSES)[number];

export interface ProposedRule {
  tool: string;
  class: ToolClass;
  /** One item of a policy's `rules`, in YAML, without indentation. */
  text: string;
}

const WORDS: readonly (readonly [ToolClass, RegExp])[] = [
  [
    "production",
    /^(?:deploy|deployment|release|rollback|migrate|migration|migrations|restart|scale|terraform|provision|prod|production|cluster|infra)$/,
  ],
  [
    "irreversible",
    /^(?:delete|remove|drop|purge|destroy|erase|wipe|truncate|kill|terminate|send|email|mail|sms|notify|post|publish|tweet|pay|payment|transfer|charge|refund|buy|order|purchase|withdraw|revoke|execute|exec|run|eval|shell|bash|command|sql|script|invoke|grant|invite|forward|reply|submit)$/,
  ],
  [
    "reversible change",
    /^(?:update|edit|set|move|rename|assign|unassign|close|reopen|merge|write|put|patch|modify|replace|change|enable|disable|archive|restore|lock|unlock|import|sync|commit|push|reset|cancel|stop|start)$/,
  ],
  ["harmless write", /^(?:create|add|comment|draft|note|upload|append|save|insert|copy|clone|fork|label|tag|react|bookmark|schedule)$/],
  [
    "read-only",
    /^(?:get|list|search|find|read|fetch|show|describe|view|lookup|look|count|check|status|explain|browse|resolve|summarize|summarise|preview|diff|compare|inspect|retrieve|head|tree|info|help|ping|echo)$/,
  ],
];

/** Members of arguments through which a tool may do anything. */
const OPEN_ENDED = /^(?:command|cmd|sql|query|script|code|shell|expression|statement|statements)$/i;
const PRODUCTION = /^(?:prod|production|live)$/i;
const MOST_DEPTH = 8;

const wordsIn = (name: string): string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);

const graver = (one: ToolClass, other: ToolClass): ToolClass => (TOOL_CLASSES.indexOf(one) >= TOOL_CLASSES.indexOf(other) ? one : other);

/** By the gravest of its words; a name that says nothing is taken for a change. */
function classOfName(name: string): ToolClass {
  const words = wordsIn(name);
  const found = WORDS.filter(([, pattern]) => words.some((word) => pattern.test(word)));
  return found[0]?.[0] ?? "reversible change";
}

/** What a schema shows of it: members that take a command, and values that name production. */
function classOfSchema(schema: JsonValue | undefined, depth = 0): ToolClass {
  if (depth > MOST_DEPTH || schema === null || typeof schema !== "object") return "read-only";
  if (Array.isArray(schema)) return schema.reduce<ToolClass>((worst, item) => graver(worst, classOfSchema(item, depth + 1)), "read-only");
  let worst: ToolClass = "read-only";
  const { properties, enum: values } = schema;
  if (isObject(properties) && Object.keys(properties).some((name) => OPEN_ENDED.test(name))) worst = "irreversible";
  if (Array.isArray(values) && values.some((value) => typeof value === "string" && PRODUCTION.test(value))) worst = "production";
  for (const value of Object.values(schema)) worst = graver(worst, classOfSchema(value, depth + 1));
  return worst;
}

/** What a tool of that definition is taken for. */
export function toolClass(definition: JsonObject): ToolClass {
  const name = typeof definition["name"] === "string" ? definition["name"] : "";
  const hints = hintsOf(definition) ?? {};
  const byHints: ToolClass =
    hints.destructiveHint === true ? "irreversible" : hints.readOnlyHint === false ? "harmless write" : "read-only";
  return graver(graver(classOfName(name), classOfSchema(definition["inputSchema"])), byHints);
}

const TERMS: Readonly<Record<ToolClass, readonly string[]>> = {
  "read-only": ["effect: allow", "risk: low"],
  "harmless write": ["effect: require_approval", "risk: low"],
  "reversible change": ["effect: require_approval", "risk: medium"],
  irreversible: ["effect: require_approval", "risk: high"],
  production: ["effect: require_approval", "risk: critical", "approvals: [{ required: 2 }]"],
};

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** One rule for each tool, their names apart from each other's. */
export function proposedRules(server: string, definitions: readonly JsonObject[]): ProposedRule[] {
  const taken = new Set<string>();
  return definitions.map((definition) => {
    const tool = typeof definition["name"] === "string" ? definition["name"] : "";
    const kind = toolClass(definition);
    const base = `${server}-${slug(tool)}`.slice(0, 60).replace(/-$/, "");
    let name = base;
    for (let next = 2; taken.has(name); next++) name = `${base}-${next}`;
    taken.add(name);
    const match = `match: { source: call, server: ${JSON.stringify(server)}, tool: ${JSON.stringify(tool)} }`;
    return { tool, class: kind, text: [`- name: ${name}`, ...[match, ...TERMS[kind]].map((line) => `  ${line}`)].join("\n") };
  });
}

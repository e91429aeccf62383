/**
 * A rule for a newly accepted tool, as a draft for the policy's editor: what it may do is told from its name, its schema and its hints. A
 * server writes all of these, so they make a proposal graver and never lighter, and nothing is published by itself.
 */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import type { ToolHints } from "../judging/facts.ts";
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

/** What a tool is taken for, and why, in words for whoever reads the policy; nothing of the tool's own text but single words that are known. */
export interface ClassifiedTool {
  class: ToolClass;
  why: string;
}

const graver = (one: ClassifiedTool, other: ClassifiedTool): ClassifiedTool =>
  TOOL_CLASSES.indexOf(one.class) >= TOOL_CLASSES.indexOf(other.class) ? one : other;

/** By the gravest of its words; a name that says nothing is taken for a change. */
function classOfName(name: string): ClassifiedTool {
  const words = wordsIn(name);
  for (const [kind, pattern] of WORDS) {
    const word = words.find((one) => pattern.test(one));
    if (word !== undefined) return { class: kind, why: `its name says "${word}"` };
  }
  return { class: "reversible change", why: "its name does not say that it only reads" };
}

const NOTHING: ClassifiedTool = { class: "read-only", why: "" };

/** What a schema shows of it: members that take a command, and values that name production. */
function classOfSchema(schema: JsonValue | undefined, depth = 0): ClassifiedTool {
  if (depth > MOST_DEPTH || schema === null || typeof schema !== "object") return NOTHING;
  if (Array.isArray(schema)) return schema.reduce<ClassifiedTool>((worst, item) => graver(worst, classOfSchema(item, depth + 1)), NOTHING);
  let worst = NOTHING;
  const { properties, enum: values } = schema;
  if (isObject(properties) && Object.keys(properties).some((name) => OPEN_ENDED.test(name)))
    worst = { class: "irreversible", why: "it takes a command, with which it may do anything" };
  if (Array.isArray(values) && values.some((value) => typeof value === "string" && PRODUCTION.test(value)))
    worst = { class: "production", why: "its arguments name production" };
  for (const value of Object.values(schema)) worst = graver(worst, classOfSchema(value, depth + 1));
  return worst;
}

/** What it says of itself. That it reads, is idempotent or stays within its own world makes nothing lighter. */
function classOfHints({ destructiveHint, readOnlyHint, openWorldHint, idempotentHint }: ToolHints): ClassifiedTool {
  if (destructiveHint === true) return { class: "irreversible", why: "it says that it may destroy" };
  if (readOnlyHint !== false) return NOTHING;
  if (openWorldHint === true) return { class: "irreversible", why: "it says that it changes things, and reaches others" };
  if (idempotentHint === false) return { class: "harmless write", why: "it says that it changes things, and more with each call" };
  return { class: "harmless write", why: "it says that it changes things" };
}

/** What a tool of that definition is taken for: the gravest of what its name, its schema and its hints say. */
export function classifiedTool(definition: JsonObject): ClassifiedTool {
  const name = typeof definition["name"] === "string" ? definition["name"] : "";
  return graver(graver(classOfName(name), classOfSchema(definition["inputSchema"])), classOfHints(hintsOf(definition) ?? {}));
}

export const toolClass = (definition: JsonObject): ToolClass => classifiedTool(definition).class;

/** What a rule says of tools of a class. */
export const CLASS_TERMS: Readonly<Record<ToolClass, readonly string[]>> = {
  "read-only": ["effect: allow", "risk: low"],
  "harmless write": ["effect: require_approval", "risk: low"],
  "reversible change": ["effect: require_approval", "risk: medium"],
  irreversible: ["effect: require_approval", "risk: high"],
  production: ["effect: require_approval", "risk: critical", "approvals: [{ required: 2 }]"],
};

export const slug = (text: string): string =>
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
    return { tool, class: kind, text: [`- name: ${name}`, ...[match, ...CLASS_TERMS[kind]].map((line) => `  ${line}`)].join("\n") };
  });
}

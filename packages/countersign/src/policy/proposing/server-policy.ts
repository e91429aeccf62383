/**
 * A policy to begin with for one MCP server, made of what it says of its tools: a rule for each class of them, cases that pass, and the
 * inventory of tools by risk. A server writes all of this, so it makes a rule graver and never lighter. Pure.
 */
import type { JsonObject } from "../../json/canonical-json.ts";
import { TOOL_NAME } from "../../documents/words.ts";
import { checkPolicy } from "../checking/check-policy.ts";
import { runCases } from "../cases/run-cases.ts";
import type { PolicyCases } from "../cases/cases-document.ts";
import { compile } from "../judging/compile.ts";
import type { CompiledPolicy } from "../judging/compiled.ts";
import type { ToolHints } from "../judging/facts.ts";
import { hintsOf } from "../judging/tool-hints.ts";
import { textLiteral } from "./text-literal.ts";
import { CLASS_TERMS, classifiedTool, TOOL_CLASSES, type ToolClass } from "./tool-rules.ts";

/** No policy holds this text. */
const UNWRITABLE = "__proto__";
/** Names in one rule. */
const MOST_NAMES = 100;

/** What has a rule of its own: a class, and of what only reads those tools that say so themselves. */
type RuleKind = ToolClass | "said to be read-only";
const RULE_KINDS: readonly RuleKind[] = [...TOOL_CLASSES.toReversed(), "said to be read-only"];

const RULE_NAMES: Readonly<Record<RuleKind, string>> = {
  "said to be read-only": "reads",
  "read-only": "reads-by-name",
  "harmless write": "harmless-writes",
  "reversible change": "changes",
  irreversible: "irreversible",
  production: "production",
};
const ABOUT: Readonly<Record<RuleKind, string>> = {
  "said to be read-only": "What only reads, by its name and by what it says of itself, passes.",
  "read-only": "What only reads by its name, and does not say so of itself, passes: look at these.",
  "harmless write": "What adds something that does no harm.",
  "reversible change": "What changes something that can be changed back; and what does not say what it does.",
  irreversible: "What cannot be undone, reaches others, or runs commands.",
  production: "What touches production: two people.",
};

export interface InventoryItem {
  tool: string;
  hints: ToolHints;
  class: ToolClass;
  effect: string;
  risk: string;
  why: string;
  /** Whether the gate lets anybody call a tool by this name. */
  isCallable: boolean;
}

export interface ServerPolicy {
  source: string;
  cases: string;
  /** The gravest first. */
  inventory: InventoryItem[];
}

interface ToolRule {
  name: string;
  kind: RuleKind;
  tools: string[];
}

const termsOf = (kind: RuleKind): readonly string[] => CLASS_TERMS[kind === "said to be read-only" ? "read-only" : kind];

const kindOf = ({ class: kind, hints }: Pick<InventoryItem, "class" | "hints">): RuleKind =>
  kind === "read-only" && hints.readOnlyHint === true ? "said to be read-only" : kind;

const termOf = (kind: ToolClass, term: string): string =>
  termsOf(kind)
    .find((line) => line.startsWith(`${term}: `))
    ?.slice(term.length + 2) ?? "";

function itemOf(definition: JsonObject): InventoryItem {
  const tool = typeof definition["name"] === "string" ? definition["name"] : "";
  const { class: kind, why } = classifiedTool(definition);
  const isCallable = TOOL_NAME.test(tool) && tool !== UNWRITABLE;
  return {
    tool,
    hints: hintsOf(definition) ?? {},
    class: kind,
    effect: isCallable ? termOf(kind, "effect") : "deny",
    risk: termOf(kind, "risk"),
    why: isCallable ? why : "no tool can be called by this name",
    isCallable,
  };
}

/** Rules of the gravest tools first: none is taken for less by a rule above its own. */
function rulesOf(server: string, items: readonly InventoryItem[]): ToolRule[] {
  return RULE_KINDS.flatMap((kind) => {
    const tools = [...new Set(items.flatMap((item) => (kindOf(item) === kind && item.isCallable ? [item.tool] : [])))].toSorted();
    return Array.from({ length: Math.ceil(tools.length / MOST_NAMES) }, (_, part) => ({
      name: `${server}-${RULE_NAMES[kind]}${part === 0 ? "" : `-${part + 1}`}`,
      kind,
      tools: tools.slice(part * MOST_NAMES, (part + 1) * MOST_NAMES),
    }));
  });
}

const ruleText = (server: string, { name, kind, tools }: ToolRule): string =>
  [
    `  # ${ABOUT[kind]}`,
    `  - name: ${name}`,
    "    match:",
    "      source: call",
    `      server: ${textLiteral(server)}`,
    "      tool:",
    ...tools.map((tool) => `        - ${textLiteral(tool)}`),
    ...(kind === "said to be read-only" ? ["      hints: { readOnlyHint: true }"] : []),
    ...termsOf(kind).map((line) => `    ${line}`),
  ].join("\n");

const policyText = (server: string, rules: readonly ToolRule[]): string =>
  [
    "type: countersign/policy@v1",
    "",
    `# Begun from the tools of ${server}, by what they say of themselves: read it before you publish it.`,
    "# What no rule names, such as a new tool or what an agent only says that it does, waits for a person.",
    "defaults:",
    "  effect: require_approval",
    "  risk: medium",
    "",
    rules.length === 0 ? "rules: []" : `rules:\n${rules.map((one) => ruleText(server, one)).join("\n\n")}`,
    "",
  ].join("\n");

const PEOPLE = ["ada", "bo", "cleo"];

/** Of each tool what comes of a call; and that what no rule names waits. What the policy makes of each is asked of itself. */
function casesOf(server: string, items: readonly InventoryItem[], policy: CompiledPolicy): PolicyCases {
  const callable = items.filter(({ isCallable }) => isCallable);
  const call = (tool: string, hints: ToolHints) => ({ source: "call" as const, server, tool, hints, args: {} });
  const cases = [
    ...callable.map(({ tool, hints }) => ({ name: `a call of ${tool}`, given: call(tool, hints), expect: {} })),
    { name: "a tool that is not listed waits", given: call("a-tool-of-tomorrow", {}), expect: {} },
    {
      name: "an agent that only says what it will do waits",
      given: { source: "ask" as const, action: "Read", server, args: {} },
      expect: {},
    },
  ];
  const whole: PolicyCases = { type: "countersign/policy-cases@v1", people: PEOPLE.map((username) => ({ username })), cases };
  const { results } = runCases(policy, whole);
  const judged = cases.map((one, at) => {
    const { judgement } = results[at] ?? {};
    return judgement === undefined
      ? one
      : { ...one, expect: { rule: judgement.rule, effect: judgement.effect, risk: judgement.risk.level } };
  });
  return { ...whole, cases: judged };
}

const inOneLine = (value: unknown): string =>
  typeof value === "string"
    ? textLiteral(value)
    : Array.isArray(value)
      ? `[${value.map(inOneLine).join(", ")}]`
      : typeof value === "object" && value !== null
        ? `{ ${Object.entries(value)
            .map(([name, member]) => `${name}: ${inOneLine(member)}`)
            .join(", ")} }`.replace("{  }", "{}")
        : String(value);

const casesText = ({ type, people = [], cases }: PolicyCases): string =>
  [
    `type: ${type}`,
    "",
    "people:",
    ...people.map((person) => `  - ${inOneLine(person)}`),
    "",
    "cases:",
    ...cases.map((one) => `  - name: ${textLiteral(one.name)}\n    given: ${inOneLine(one.given)}\n    expect: ${inOneLine(one.expect)}`),
    "",
  ].join("\n");

/** `server`: its name at the gate, by which rules know it. `definitions`: as `tools/list` answers them. */
export function serverPolicy(server: string, definitions: readonly JsonObject[]): ServerPolicy {
  const items = definitions.map((definition) => itemOf(definition));
  const rules = rulesOf(server, items);
  const source = policyText(server, rules);
  const checked = checkPolicy(source);
  if (!checked.ok) throw new Error(`the policy for ${server} cannot be read: ${JSON.stringify(checked.refusal)}`);
  const inventory = items.toSorted(
    (one, other) => TOOL_CLASSES.indexOf(other.class) - TOOL_CLASSES.indexOf(one.class) || (one.tool < other.tool ? -1 : 1),
  );
  return { source, cases: casesText(casesOf(server, items, compile(checked.value.document))), inventory };
}

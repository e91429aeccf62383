/** How risky an action is: the base of its rule, and what adds to it, each with its reason. Same facts, same score. */
import type { JsonValue } from "../../json/canonical-json.ts";
import type { RiskLevel } from "../document/policy-document.ts";
import type { PolicyFacts } from "./facts.ts";

export interface Risk {
  level: RiskLevel;
  score: number;
  /** Sentences for whoever approves. */
  reasons: string[];
}

/** Lowest first. */
export const RISK_LEVELS: readonly RiskLevel[] = ["low", "medium", "high", "critical"];
const BASE: Readonly<Record<RiskLevel, number>> = { low: 0, medium: 20, high: 40, critical: 60 };

const ADDED = 20;

/** Words that a policy may replace by its lists of these names. */
export const RISK_WORDS = {
  production_words: ["production", "prod", "prd", "live"],
  destruction_words: [
    "delete",
    "destroy",
    "drop",
    "erase",
    "purge",
    "remove",
    "rm",
    "shutdown",
    "terminate",
    "truncate",
    "uninstall",
    "wipe",
  ],
} as const;
/** A policy's lists, those of `RISK_WORDS` among them. */
export type PolicyLists = Readonly<Record<string, readonly (string | number)[]>>;

const SUBJECT = { production_words: "production", destruction_words: "destruction" } as const;

/** Words of a name or text in lower case, camelCase taken apart. */
const wordsOf = (text: string): string[] =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);

/**
 * Names that a place tells. Any other is the agent's own text: in a sentence of the service it would say what the agent likes, and a
 * reason is signed and logged, while arguments are not.
 */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,31}$/;

/** Every text in the arguments with its place, names of members included. */
function* textsIn(value: JsonValue, place: string): Generator<[place: string, text: string]> {
  if (typeof value === "string") yield [place, value];
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const below = Array.isArray(value) ? `${place}[${name}]` : PLAIN_NAME.test(name) ? `${place}.${name}` : `${place}[…]`;
    if (!Array.isArray(value)) yield [below, name];
    yield* textsIn(member, below);
  }
}

/** The first of `words` in tool and arguments, and where it stands. */
function firstFound(words: ReadonlySet<string>, { tool, args }: PolicyFacts): { word: string; place: string } | null {
  const texts: Iterable<[string, string]> = textsIn(args, "args");
  for (const word of wordsOf(tool ?? "")) if (words.has(word)) return { word, place: "the tool's name" };
  for (const [place, text] of texts) for (const word of wordsOf(text)) if (words.has(word)) return { word, place };
  return null;
}

/** What adds to a rule's risk, whatever the rule. */
export function risksAdded(facts: PolicyFacts, lists: PolicyLists): string[] {
  const reasons: string[] = [];
  for (const name of ["production_words", "destruction_words"] as const) {
    const words = new Set((lists[name] ?? RISK_WORDS[name]).map((word) => String(word).toLowerCase()));
    const found = firstFound(words, facts);
    if (found !== null) reasons.push(`A word of ${SUBJECT[name]}, "${found.word}", is in ${found.place}.`);
  }
  if (facts.hints?.destructiveHint === true) reasons.push("The tool says of itself that it may destroy.");
  return reasons;
}

/** The risk of a rule whose base is `base`, with what adds to it. The level is the highest whose base the score reaches. */
export function riskOf(base: RiskLevel, added: readonly string[]): Risk {
  const score = BASE[base] + ADDED * added.length;
  return { level: levelOf(score), score, reasons: [`The rule says ${base} risk.`, ...added] };
}

const levelOf = (score: number): RiskLevel => RISK_LEVELS.findLast((one) => score >= BASE[one]) ?? "low";

/** The same with what is unusual about the action. */
export function riskWith({ score, reasons }: Risk, unusual: { score: number; reasons: readonly string[] } | null): Risk {
  const sum = score + (unusual?.score ?? 0);
  return { level: levelOf(sum), score: sum, reasons: [...reasons, ...(unusual?.reasons ?? [])] };
}

/** The higher of two levels. */
export const higherRisk = (one: RiskLevel, other: RiskLevel): RiskLevel => (BASE[one] >= BASE[other] ? one : other);

/** What a document asks of the past: conditions on past calls, how many questions there are, and whether anything could ever answer them. */
import { compilePastCondition } from "../conditions/condition.ts";
import type { NamedMember, Outline } from "../conditions/outline.ts";
import type { TextFinding } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDocument } from "../document/policy-document.ts";
import { globTakes } from "../judging/glob.ts";
import { keyOf, type PastQuestion } from "../judging/past/question.ts";
import { type KnownTool, unknownArguments } from "./check-arguments.ts";

/** Each is asked of up to 50,000 calls, whenever its rule could match. */
const MOST_QUESTIONS = 100;
const MOST_NODES = 50;

/** A condition that was compiled, and where it stands. */
export interface AskingCondition {
  outline: Outline;
  path: Path;
}

/** A condition on past calls: as `chains` have them, or within `history.any`. `placeOf`: where a place in it is in the text at `path`. */
export interface PastCondition {
  source: string;
  path: Path;
  placeOf: (offset: number) => number;
}

const error = (told: TextFinding["told"], offset: number): TextFinding => ({ level: "error", told, offset });

/** Everything wrong with a condition on past calls, and what its patterns weigh. */
export function checkPastCondition({ source, path, placeOf }: PastCondition, lists: readonly string[]): [TextFinding[], number] {
  const compiled = compilePastCondition(source, lists);
  if (!compiled.ok) return [compiled.refusal.map(({ offset, ...fault }) => error({ ...fault, path }, placeOf(offset))), 0];
  const { nodes, patternWeight } = compiled.value.outline;
  if (nodes <= MOST_NODES) return [[], patternWeight];
  const message = "this is asked of many calls, and may take too long";
  return [[error({ code: "too_costly", path, message, hint: `at most ${MOST_NODES} parts` }, placeOf(0))], patternWeight];
}

/** Those that are written out in a condition. If something in one is escaped, its places are where it begins. */
export function conditionsIn(source: string, { pastConditions }: Outline, path: Path): PastCondition[] {
  return pastConditions.map(({ source: within, offset }) => {
    const isPlain = source.slice(offset + 1, offset + 1 + within.length) === within;
    return { source: within, path, placeOf: (at) => (isPlain ? offset + 1 + at : offset) };
  });
}

/** What all conditions of a document ask together. */
export function checkQuestions(
  document: PolicyDocument,
  conditions: readonly AskingCondition[],
  tools: readonly KnownTool[],
): TextFinding[] {
  const asked = new Set<string>();
  const found: TextFinding[] = [];
  for (const { outline, path } of conditions) {
    for (const question of outline.asksPast) {
      if (!("tool" in question)) continue;
      asked.add(keyOf(question));
      found.push(...checkTool(question, path, tools), ...warnOfKept(question, path, document));
    }
    if (asked.size <= MOST_QUESTIONS) continue;
    const message = `this policy asks the past more than ${MOST_QUESTIONS} different questions`;
    return [...found, error({ code: "too_costly", path, message, hint: "ask the same in several rules, or less" }, 0)];
  }
  return found;
}

type ToolQuestion = Extract<PastQuestion, { tool: string }>;

/** What accepted tools say of what is asked of them: there has to be one, and one that has the member whose numbers are added up. */
function checkTool(question: ToolQuestion, path: Path, tools: readonly KnownTool[]): TextFinding[] {
  if (tools.length === 0) return [];
  const taken = tools.filter(({ tool }) => globTakes(question.tool, tool));
  if (taken.length === 0) {
    const message = `no accepted tool is called ${JSON.stringify(question.tool)}: only asks that say so count`;
    return [{ level: "warning", told: { code: "never_counts", path, message, hint: null } }];
  }
  if (question.ask !== "sum") return [];
  const member: NamedMember = { path: question.path, offset: 0 };
  const faults = taken.map((tool) => unknownArguments([member], tool)[0]);
  const [fault] = faults;
  if (fault === undefined || faults.some((one) => one === undefined)) return [];
  return [error({ code: fault.code, path, message: fault.message, hint: fault.hint }, 0)];
}

/** Where nothing is kept of arguments, what is asked of them cannot be known. */
function warnOfKept(question: ToolQuestion, path: Path, { defaults = {}, rules = [] }: PolicyDocument): TextFinding[] {
  if (question.ask === "count") return [];
  const hides = (keep: (typeof defaults)["keep"]) => ["hash", "none"].includes(typeof keep === "object" ? keep.what : (keep ?? ""));
  const meets = (globs: string | readonly string[] | undefined) =>
    globs === undefined ||
    (typeof globs === "string" ? [globs] : globs).some(
      (glob) => globTakes(question.tool, glob, true) || globTakes(glob, question.tool, true),
    );
  const hiding = rules.find(({ keep, match }) => hides(keep ?? defaults.keep) && meets(match?.tool));
  const by = hiding?.name ?? (rules.length === 0 && hides(defaults.keep) ? "defaults" : undefined);
  if (by === undefined) return [];
  const message = `this fails on calls of ${JSON.stringify(question.tool)} of which nothing is kept, as ${by} says`;
  return [{ level: "warning", told: { code: "not_kept", path, message, hint: null } }];
}

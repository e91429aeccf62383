/** Conditions of a document, each compiled to see whether it can be used, and the text of commands that some of them judge by. */
import { compileCondition } from "../conditions/condition.ts";
import type { ConditionFault } from "../conditions/outline.ts";
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDocument, PolicySlot } from "../document/policy-document.ts";
import { type KnownTool, onlyTool, unknownArguments } from "./check-arguments.ts";

/** Something said of a text in the document; `offset` is counted in that text. */
export interface TextFinding {
  level: "error" | "warning";
  told: Misplaced;
  offset?: number;
}

/** What all patterns of a document may weigh together: about a second to compile. */
const HEAVIEST_DOCUMENT = 5_000;

/** Members of arguments that hold commands. */
const COMMANDS = new Set(["cmd", "code", "command", "commands", "query", "script", "shell", "sql", "statement"]);

interface Written {
  source: string;
  path: Path;
  /** The only one that its rule is about. */
  tool: KnownTool | undefined;
}

const slotConditions = (slots: readonly PolicySlot[] | undefined, path: Path, tool?: KnownTool): Written[] =>
  (slots ?? []).flatMap(({ when }, index) => (when === undefined ? [] : [{ source: when, path: [...path, index, "when"], tool }]));

/** Every condition that judging runs, in the document's order. */
function conditionsOf({ defaults, rules = [] }: PolicyDocument, tools: readonly KnownTool[]): Written[] {
  const ofRules = rules.flatMap(({ match, approvals, window }, index): Written[] => {
    const at: Path = ["rules", index];
    const outside = window?.outside;
    const tool = onlyTool(match ?? {}, tools);
    return [
      ...(match?.when === undefined ? [] : [{ source: match.when, path: [...at, "match", "when"], tool }]),
      ...slotConditions(approvals, [...at, "approvals"], tool),
      ...slotConditions(typeof outside === "string" ? undefined : outside, [...at, "window", "outside"], tool),
    ];
  });
  return [...slotConditions(defaults?.approvals, ["defaults", "approvals"]), ...ofRules];
}

/** Everything wrong with the conditions. What would take too long to compile is not. */
export function checkConditions(document: PolicyDocument, tools: readonly KnownTool[] = []): TextFinding[] {
  const lists = Object.keys(document.lists ?? {});
  const found: TextFinding[] = [];
  let weight = 0;
  for (const { source, path, tool } of conditionsOf(document, tools)) {
    if (weight > HEAVIEST_DOCUMENT) {
      const message = "the patterns of this policy are too many or too large";
      found.push({ level: "error", told: { code: "too_costly", path, message, hint: "from here on nothing was checked" } });
      break;
    }
    const compiled = compileCondition(source, lists);
    if (!compiled.ok) {
      found.push(...errorsAt(compiled.refusal, path));
      continue;
    }
    const { patternWeight, textMembers, argumentMembers } = compiled.value.outline;
    if (tool !== undefined) found.push(...errorsAt(unknownArguments(argumentMembers, tool), path));
    weight += patternWeight;
    const command = [...textMembers].find((member) => COMMANDS.has(member.toLowerCase()));
    if (command !== undefined) found.push({ level: "warning", told: commandWarning(command, path) });
  }
  return found;
}

const errorsAt = (faults: readonly ConditionFault[], path: Path): TextFinding[] =>
  faults.map(({ offset, ...fault }) => ({ level: "error", told: { ...fault, path }, offset }));

const commandWarning = (member: string, path: Path): Misplaced => ({
  code: "command_text",
  path,
  message: `this judges by the text of a command (${member}), which can be written in other ways: it is advice`,
  hint: null,
});

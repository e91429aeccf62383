/** Conditions of a document, each compiled to see whether it can be used, and the text of commands that some of them judge by. */
import { compileCondition } from "../conditions/condition.ts";
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDocument, PolicySlot } from "../document/policy-document.ts";

/** Something said of a condition; `offset` is counted in its text. */
export interface ConditionFinding {
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
}

const slotConditions = (slots: readonly PolicySlot[] | undefined, path: Path): Written[] =>
  (slots ?? []).flatMap(({ when }, index) => (when === undefined ? [] : [{ source: when, path: [...path, index, "when"] }]));

/** Every condition that judging runs, in the document's order. */
function conditionsOf({ defaults, rules = [] }: PolicyDocument): Written[] {
  const ofRules = rules.flatMap(({ match, approvals, window }, index): Written[] => {
    const at: Path = ["rules", index];
    const outside = window?.outside;
    return [
      ...(match?.when === undefined ? [] : [{ source: match.when, path: [...at, "match", "when"] }]),
      ...slotConditions(approvals, [...at, "approvals"]),
      ...slotConditions(typeof outside === "string" ? undefined : outside, [...at, "window", "outside"]),
    ];
  });
  return [...slotConditions(defaults?.approvals, ["defaults", "approvals"]), ...ofRules];
}

/** Everything wrong with the conditions. What would take too long to compile is not. */
export function checkConditions(document: PolicyDocument): ConditionFinding[] {
  const lists = Object.keys(document.lists ?? {});
  const found: ConditionFinding[] = [];
  let weight = 0;
  for (const { source, path } of conditionsOf(document)) {
    if (weight > HEAVIEST_DOCUMENT) {
      const message = "the patterns of this policy are too many or too large";
      found.push({ level: "error", told: { code: "too_costly", path, message, hint: "from here on nothing was checked" } });
      break;
    }
    const compiled = compileCondition(source, lists);
    if (!compiled.ok) {
      found.push(...compiled.refusal.map(({ offset, ...fault }) => ({ level: "error" as const, told: { ...fault, path }, offset })));
      continue;
    }
    const { patternWeight, textMembers } = compiled.value.outline;
    weight += patternWeight;
    const command = [...textMembers].find((member) => COMMANDS.has(member.toLowerCase()));
    if (command !== undefined) found.push({ level: "warning", told: commandWarning(command, path) });
  }
  return found;
}

const commandWarning = (member: string, path: Path): Misplaced => ({
  code: "command_text",
  path,
  message: `this judges by the text of a command (${member}), which can be written in other ways: it is advice`,
  hint: null,
});

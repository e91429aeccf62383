/** Conditions of a document, each compiled to see whether it can be used, and the text of commands that some of them judge by. */
import { compileCondition } from "../conditions/condition.ts";
import { compileMap, compilePick, compileText } from "../conditions/expression.ts";
import type { ConditionFault, Outline } from "../conditions/outline.ts";
import type { Result } from "../../result.ts";
import type { Misplaced, TextFinding } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDocument, PolicyRule, PolicySlot } from "../document/policy-document.ts";
import { type KnownTool, onlyTool, unknownArguments } from "./check-arguments.ts";
import { type AskingCondition, checkPastCondition, checkQuestions, conditionsIn, type PastCondition } from "./check-past.ts";

/** What all patterns of a document may weigh together: about a second to compile. */
const HEAVIEST_DOCUMENT = 5_000;

/** Members of arguments that hold commands. */
const COMMANDS = new Set(["cmd", "code", "command", "commands", "query", "script", "shell", "sql", "statement"]);

interface Written {
  source: string;
  path: Path;
  /** The only one that its rule is about. */
  tool: KnownTool | undefined;
  /** What it gives; a condition if left out. */
  compile?: (source: string, lists: readonly string[]) => Result<{ outline: Outline }, ConditionFault[]>;
}

/** What gives values: in the document's order, as conditions are. */
function expressionsOf({ preview, unwrap }: PolicyRule, at: Path, tool: KnownTool | undefined): Written[] {
  const written = (source: string | undefined, path: Path, compile: NonNullable<Written["compile"]>): Written[] =>
    source === undefined ? [] : [{ source, path: [...at, ...path], tool, compile }];
  return [
    ...written(preview?.args, ["preview", "args"], compileMap),
    ...written(preview?.pick, ["preview", "pick"], compilePick),
    ...written(unwrap?.tool, ["unwrap", "tool"], compileText),
    ...written(unwrap?.args, ["unwrap", "args"], compileMap),
  ];
}

const slotConditions = (slots: readonly PolicySlot[] | undefined, path: Path, tool?: KnownTool): Written[] =>
  (slots ?? []).flatMap(({ when }, index) => (when === undefined ? [] : [{ source: when, path: [...path, index, "when"], tool }]));

/** Every condition that judging runs, in the document's order. */
function conditionsOf({ defaults, rules = [], anomaly }: PolicyDocument, tools: readonly KnownTool[]): Written[] {
  const ofRules = rules.flatMap((rule, index): Written[] => {
    const { match, approvals, window } = rule;
    const at: Path = ["rules", index];
    const outside = window?.outside;
    const tool = onlyTool(match ?? {}, tools);
    return [
      ...(match?.when === undefined ? [] : [{ source: match.when, path: [...at, "match", "when"], tool }]),
      ...slotConditions(approvals, [...at, "approvals"], tool),
      ...slotConditions(typeof outside === "string" ? undefined : outside, [...at, "window", "outside"], tool),
      ...expressionsOf(rule, at, tool),
    ];
  });
  return [
    ...slotConditions(defaults?.approvals, ["defaults", "approvals"]),
    ...slotConditions(anomaly?.approvals, ["anomaly", "approvals"]),
    ...ofRules,
  ];
}

/** Those of the steps of chains. */
const conditionsOfChains = ({ anomaly }: PolicyDocument): PastCondition[] =>
  (anomaly?.chains ?? []).flatMap(({ steps }, chain) =>
    steps.flatMap(({ when }, step): PastCondition[] =>
      when === undefined ? [] : [{ source: when, path: ["anomaly", "chains", chain, "steps", step, "when"], placeOf: (offset) => offset }],
    ),
  );

/** Everything wrong with the conditions. What would take too long to compile is not. */
export function checkConditions(document: PolicyDocument, tools: readonly KnownTool[] = []): TextFinding[] {
  const lists = Object.keys(document.lists ?? {});
  const found: TextFinding[] = [];
  const asking: AskingCondition[] = [];
  const ofPast = conditionsOfChains(document);
  let weight = 0;
  const isTooHeavy = (path: Path): boolean => {
    if (weight <= HEAVIEST_DOCUMENT) return false;
    const message = "the patterns of this policy are too many or too large";
    found.push({ level: "error", told: { code: "too_costly", path, message, hint: "from here on nothing was checked" } });
    return true;
  };
  for (const { source, path, tool, compile = compileCondition } of conditionsOf(document, tools)) {
    if (isTooHeavy(path)) return found;
    const compiled = compile(source, lists);
    if (!compiled.ok) {
      found.push(...errorsAt(compiled.refusal, path));
      continue;
    }
    const { outline } = compiled.value;
    if (tool !== undefined) found.push(...errorsAt(unknownArguments(outline.argumentMembers, tool), path));
    weight += outline.patternWeight;
    found.push(...commandsIn(outline, path));
    asking.push({ outline, path });
    ofPast.push(...conditionsIn(source, outline, path));
  }
  for (const condition of ofPast) {
    if (isTooHeavy(condition.path)) return found;
    const [faults, weighs] = checkPastCondition(condition, lists);
    found.push(...faults);
    weight += weighs;
  }
  return [...found, ...checkQuestions(document, asking, tools)];
}

function commandsIn({ textMembers }: Outline, path: Path): TextFinding[] {
  const command = [...textMembers].find((member) => COMMANDS.has(member.toLowerCase()));
  return command === undefined ? [] : [{ level: "warning", told: commandWarning(command, path) }];
}

const errorsAt = (faults: readonly ConditionFault[], path: Path): TextFinding[] =>
  faults.map(({ offset, ...fault }) => ({ level: "error", told: { ...fault, path }, offset }));

const commandWarning = (member: string, path: Path): Misplaced => ({
  code: "command_text",
  path,
  message: `this judges by the text of a command (${member}), which can be written in other ways: it is advice`,
  hint: null,
});

/**
 * Conditions (CEL). Each is parsed, checked and weighed once; then it holds, does not hold, or fails. It fails where a member is
 * missing or of another type, where it gives anything but true or false, and where it could run too long on what it is given.
 */
import { accept, type Result } from "../../result.ts";
import { compileOver, type Gives, type Over, runExpression } from "./compiling.ts";
import { type ConditionFault, emptyOutline } from "./outline.ts";
import type { RuleCondition } from "./workload.ts";

const TRUTH: Gives = { types: [/^bool$/], told: "a condition is true or false", mixes: false };

/** Parses and checks a condition. `lists` are the names of lists that there are. Refuses with all that is wrong with it. */
export const compileCondition = (source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> =>
  conditionOver("judged", source, lists);

/** The same of one on a past call, which has arguments and lists alone. */
export const compilePastCondition = (source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> =>
  conditionOver("past", source, lists);

function conditionOver(over: Over, source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> {
  const compiled = compileOver(over, source, lists, TRUTH);
  if (!compiled.ok) return compiled;
  const holds: RuleCondition["holds"] = (work) => {
    const given = runExpression(compiled.value, work);
    return typeof given === "boolean" ? given : null;
  };
  return accept({ source, outline: compiled.value.outline, holds });
}

/** A condition that could not be compiled: it fails, always. */
export const failing = (source: string): RuleCondition => ({
  source,
  outline: emptyOutline(),
  holds: () => null,
});

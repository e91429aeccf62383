/** Where a rule has an approved call sent at once: only where it asks people about calls, and of tools that may be called once more. */
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyRule } from "../document/policy-document.ts";
import { isIdempotent } from "../judging/tool-hints.ts";
import type { KnownTool } from "./check-arguments.ts";
import { asksAboutCalls, takesTool } from "./taken-tools.ts";

/** `tools`: those that were accepted; one that is accepted later is looked at when it is called. */
export function checkExecuteOf(rule: PolicyRule, path: Path, tools: readonly KnownTool[] = []): Misplaced[] {
  const { execute, unattended, match = {} } = rule;
  const misplaced = (name: string, message: string): Misplaced => ({
    code: "execute_misplaced",
    path: [...path, name],
    message,
    hint: null,
    atKey: true,
  });
  if (execute !== "on_approval") {
    if (unattended !== true) return [];
    return [misplaced("unattended", "this says something only together with execute: on_approval")];
  }
  if (!asksAboutCalls(rule)) return [misplaced("execute", "this rule asks nobody about calls, so that there is nothing to send")];
  const twice = unattended === true ? [] : tools.filter((one) => takesTool(match, one) && !isIdempotent(one.hints));
  const [first] = twice;
  if (first === undefined) return [];
  const others = twice.length === 1 ? "" : `, and ${twice.length - 1} more`;
  const message = `calls of ${first.server}.${first.tool}${others} are not idempotent, as they were accepted, and nobody may be there when they are sent`;
  return [{ code: "not_idempotent", path: [...path, "execute"], message, hint: null }];
}

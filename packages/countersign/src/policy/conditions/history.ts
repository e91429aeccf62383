/** What a condition asks of the past: `history.count`, `history.sum`, `history.any`. All of it is written out, so that it is known before. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { accept, refuse, type Result } from "../../result.ts";
import { closest } from "../document/closest.ts";
import { durationMs, LONGEST_PAST_MS } from "../document/duration.ts";
import { MEMBER_PATH, memberPath } from "../document/member-path.ts";
import { keyOf, type PastQuestion } from "../judging/past/question.ts";
import type { ConditionFault } from "./outline.ts";

/** How each function is called; what is asked of it last is how far back. */
const FORMS = {
  count: 'history.count("send_*", "24h")',
  sum: 'history.sum("send_*", "amount", "24h")',
  any: 'history.any("read_*", "args.path.contains(\'.ssh\')", "10m")',
} as const;

type Asked = keyof typeof FORMS;

const MOST_OF_A_GLOB = 200;
const SPAN = /^[1-9][0-9]{0,6}[smhd]$/;

/** What is said of `history` where it is not asked for something. */
export const HISTORY_ALONE: Omit<ConditionFault, "offset"> = {
  code: "bad_condition",
  message: "history is not a value: it is asked for something",
  hint: `such as ${FORMS.count}`,
};

/** A call of a function of `history`, in the form that the parser gives. */
export type HistoryCall = ASTNode & { op: "rcall" };

export const isHistoryCall = (node: ASTNode): node is HistoryCall =>
  node.op === "rcall" && node.args[1].op === "id" && node.args[1].args === "history";

/** The text that is written out at a node; null if it is none. */
export const literalText = (node: ASTNode | undefined): string | null =>
  node?.op === "value" && typeof node.args === "string" ? node.args : null;

/** The question of such a call, and where the condition on past calls stands that is in it; or what is wrong with it. */
export function questionOf(node: HistoryCall): Result<{ question: PastQuestion; conditionAt: number }, ConditionFault> {
  const [name, , args] = node.args;
  const wrong = (at: ASTNode | undefined, message: string, hint: string | null): Result<never, ConditionFault> =>
    refuse({ code: "bad_condition", offset: (at ?? node).range.start, message, hint });
  if (!Object.hasOwn(FORMS, name)) {
    const meant = closest(name, Object.keys(FORMS));
    return wrong(node, `history has no ${name}`, meant === null ? `there are: ${Object.keys(FORMS).join(", ")}` : `is ${meant} meant?`);
  }
  const asked = name as Asked;
  const form = `write ${FORMS[asked]}`;
  if (args.length !== (asked === "count" ? 2 : 3)) return wrong(node, `history.${asked} is asked otherwise`, form);
  const [toolAt, middleAt, spanAt] = [args[0], asked === "count" ? undefined : args[1], args.at(-1)];
  const tool = literalText(toolAt);
  if (tool === null || tool === "" || tool.length > MOST_OF_A_GLOB) return wrong(toolAt, "a tool is written out as text here", form);
  const within = spanOf(spanAt);
  if (within === null)
    return wrong(spanAt, "how far back is written out as text here, in one unit", 'such as "90s", "10m", "24h" or "30d"');
  if (within > LONGEST_PAST_MS) {
    return refuse({
      code: "bad_time",
      offset: (spanAt ?? node).range.start,
      message: "the past is known for at most 30d",
      hint: 'from "1s" to "30d"',
    });
  }
  if (asked === "count") return accept({ question: { ask: "count", tool, within }, conditionAt: 0 });
  const middle = literalText(middleAt);
  if (asked === "any") {
    if (middle === null) return wrong(middleAt, "a condition on past calls is written out as text here", form);
    return accept({ question: { ask: "any", tool, when: middle, within }, conditionAt: (middleAt ?? node).range.start });
  }
  if (middle === null || !MEMBER_PATH.test(middle))
    return wrong(middleAt, "a member of the arguments is written out as text here", 'such as "amount" or "transfer.amount"');
  return accept({ question: { ask: "sum", tool, path: memberPath(middle), within }, conditionAt: 0 });
}

/** Milliseconds of a span such as `"24h"`, or `duration("24h")`. */
function spanOf(node: ASTNode | undefined): number | null {
  if (node?.op === "call" && node.args[0] === "duration" && node.args[1].length === 1) return spanOf(node.args[1][0]);
  const written = literalText(node);
  return written !== null && SPAN.test(written) ? durationMs(written) : null;
}

/** Every such call asks by the name of its question alone from then on. The condition has no faults. */
export function askByKey(call: HistoryCall): void {
  const asked = questionOf(call);
  const [, , args] = call.args as [unknown, unknown, ASTNode[]];
  const [first] = args;
  if (!asked.ok || first === undefined) throw new Error("a question that was not checked");
  (first as { args: unknown }).args = keyOf(asked.value.question);
  args.length = 1;
}

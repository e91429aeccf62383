/** What a rule has called before people are asked, and as which call it has one judged: where that makes sense, and of which tools. */
import { TOOL_NAME } from "../../documents/words.ts";
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyRule } from "../document/policy-document.ts";
import type { KnownTool } from "./check-arguments.ts";
import { asksAboutCalls, takesCalls, takesTool } from "./taken-tools.ts";

/** `tools`: those that were accepted, as far as they are known; one that is accepted later is looked at when it is called. */
export function checkPreviewOf(rule: PolicyRule, path: Path, tools: readonly KnownTool[] = []): Misplaced[] {
  const { preview, match = {} } = rule;
  if (preview === undefined) return [];
  if (!asksAboutCalls(rule)) {
    const message = "this rule asks nobody about calls, so that nobody would see it";
    return [{ code: "preview_misplaced", path: [...path, "preview"], message, hint: null, atKey: true }];
  }
  const at: Path = [...path, "preview", "tool"];
  if (!TOOL_NAME.test(preview.tool))
    return [{ code: "bad_value", path: at, message: "this is no name of a tool", hint: "it is no expression" }];
  const servers = new Set(tools.filter((one) => takesTool(match, one)).map(({ server }) => server));
  return [...servers].flatMap((server): Misplaced[] => {
    const tool = tools.find((one) => one.server === server && one.tool === preview.tool);
    if (tool === undefined)
      return [{ code: "unknown_tool", path: at, message: `${server} has no accepted tool ${preview.tool}`, hint: null }];
    if (tool.hints?.readOnlyHint === true) return [];
    return [{ code: "not_read_only", path: at, message: `${server}.${preview.tool} does not say that it only reads`, hint: null }];
  });
}

export function checkUnwrapOf({ unwrap, effect, match = {} }: PolicyRule, path: Path): Misplaced[] {
  if (unwrap === undefined) return [];
  const misplaced = (message: string, hint: string): Misplaced[] => [
    { code: "unwrap_misplaced", path: [...path, "unwrap"], message, hint, atKey: true },
  ];
  if (!takesCalls(match)) return misplaced("only calls hold others, and this rule takes none", "leave unwrap out here");
  if (match.tool === undefined) return misplaced("which tool calls others is missing here", "name it in match: tool");
  if (effect === "deny")
    return misplaced("this rule refuses what no other rule is about", "use allow or require_approval, and deny in other rules");
  return [];
}

/** Whether a tool of a server may be called at all: only as somebody has signed for it, and only while the server lists it just so. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ToolHints } from "#countersign/policy/judging/facts.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { RESERVED_TOOLS, TOOL_NAME } from "#countersign/documents/words.ts";
import type { AcceptedTool, ServerInForce } from "./server-settings.ts";

export type NotCallable = "unknown_tool" | "tool_not_accepted";

/** The tool as it was accepted. `tool_not_accepted`: the server lists it, or did, and nobody has signed for it as it is. */
export function callable(
  server: Pick<ServerInForce, "accepted" | "drifted" | "unaccepted">,
  toolName: string,
): Result<AcceptedTool, NotCallable> {
  if (!TOOL_NAME.test(toolName) || RESERVED_TOOLS.includes(toolName)) return refuse("unknown_tool");
  const tool = server.accepted.find(({ name }) => name === toolName);
  if (tool !== undefined) return server.drifted.includes(toolName) ? refuse("tool_not_accepted") : accept(tool);
  return refuse(server.unaccepted.includes(toolName) ? "tool_not_accepted" : "unknown_tool");
}

/** What the tools of a server say of themselves, as they were accepted; null of what may not be called. */
export const hintsAt =
  (server: Pick<ServerInForce, "accepted" | "drifted" | "unaccepted">) =>
  (toolName: string): ToolHints | null => {
    const tool = callable(server, toolName);
    return tool.ok ? hintsOf(tool.value.definition) : null;
  };

/**
 * The tools whose hooks are answered here: what each says on standard input, and what it takes for yes and no. Each is as its own
 * documentation has it (docs/hooks.md names the pages); whatever is not in these tables is blocked.
 */
import type { CallOutcome } from "../../documents/record.ts";
import type { Outcome } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";

/** When a hook is called: before its tool does something, or after, with how that went. */
export type Moment = "before" | CallOutcome;

/** A tool, and how it is talked with. */
export interface HookTool {
  /** The server that policies know its calls by. */
  name: string;
  /** As people know it. */
  title: string;
  /** The names of the members of what it says; null where it says no such thing. */
  members: { session: string; id: string | null; tool: string; input: string };
  /** When it calls, by the event's name. */
  events: Readonly<Record<string, Moment>>;
  /** Whether the event's name is a member `hook_event_name`; otherwise `--event` says it. */
  namesEvent: boolean;
  /** The member that is there after a call that failed, in what the member `of` holds, where one event tells of both. */
  failure?: { of: string; member: string };
  /** What lets it go on, for this reason. */
  allow: (reason: string) => object | null;
  /** What lets it go on as if there were no hook. */
  pass: () => object | null;
  /** What keeps it from going on, for this reason. */
  deny: (reason: string) => object;
}

const SNAKE_CASE = { session: "session_id", id: "tool_use_id", tool: "tool_name", input: "tool_input" } as const;

const decided = (permissionDecision: "allow" | "deny", permissionDecisionReason: string) => ({
  hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision, permissionDecisionReason },
});

const CLAUDE_CODE: HookTool = {
  name: "claude-code",
  title: "Claude Code",
  members: SNAKE_CASE,
  events: { PreToolUse: "before", PostToolUse: "succeeded", PostToolUseFailure: "failed" },
  namesEvent: true,
  allow: (reason) => decided("allow", reason),
  pass: () => null,
  deny: (reason) => decided("deny", reason),
};

const CODEX: HookTool = {
  name: "codex",
  title: "Codex",
  members: SNAKE_CASE,
  // It calls after commands that failed, too, and does not say of which kind this one was.
  events: { PreToolUse: "before", PostToolUse: "unknown" },
  namesEvent: true,
  // It takes "allow" only together with another input, and otherwise for a fault.
  allow: () => null,
  pass: () => null,
  deny: (reason) => decided("deny", reason),
};

const CURSOR: HookTool = {
  name: "cursor",
  title: "Cursor",
  members: { ...SNAKE_CASE, session: "conversation_id" },
  events: { preToolUse: "before", postToolUse: "succeeded", postToolUseFailure: "failed" },
  namesEvent: true,
  // With failClosed, no answer is a fault: each call gets one.
  allow: () => ({ permission: "allow" }),
  pass: () => ({ permission: "allow" }),
  deny: (reason) => ({ permission: "deny", user_message: reason, agent_message: reason }),
};

const GEMINI_CLI: HookTool = {
  name: "gemini-cli",
  title: "Gemini CLI",
  members: { ...SNAKE_CASE, id: null },
  events: { BeforeTool: "before", AfterTool: "succeeded" },
  namesEvent: true,
  failure: { of: "tool_response", member: "error" },
  allow: () => ({ decision: "allow" }),
  pass: () => ({}),
  deny: (reason) => ({ decision: "deny", reason }),
};

const COPILOT_CLI: HookTool = {
  name: "copilot-cli",
  title: "Copilot CLI",
  members: { session: "sessionId", id: null, tool: "toolName", input: "toolArgs" },
  events: { preToolUse: "before", postToolUse: "succeeded", postToolUseFailure: "failed" },
  namesEvent: false,
  allow: (reason) => ({ permissionDecision: "allow", permissionDecisionReason: reason }),
  pass: () => null,
  deny: (reason) => ({ permissionDecision: "deny", permissionDecisionReason: reason }),
};

/** Its plugin is this package's own (`opencode-plugin.ts`), and so is what the two say to each other. */
const OPENCODE: HookTool = {
  name: "opencode",
  title: "opencode",
  members: { session: "session_id", id: "call_id", tool: "tool", input: "args" },
  events: { "tool.execute.before": "before", "tool.execute.after": "succeeded" },
  namesEvent: true,
  allow: () => ({ decision: "allow" }),
  pass: () => ({ decision: "allow" }),
  deny: (reason) => ({ decision: "deny", reason }),
};

export const HOOK_TOOLS: readonly HookTool[] = [CLAUDE_CODE, CURSOR, CODEX, GEMINI_CLI, COPILOT_CLI, OPENCODE];

/** The end of a hook that says something, or nothing, to its tool. */
export const hookAnswer = (answer: object | null): Outcome => ({
  exitCode: 0,
  ...(answer !== null && { stdout: asciiJson(answer) }),
  isLast: true,
});

/**
 * The end of a hook that could not tell what it was asked: every one of these tools takes 2 for no before it acts, and none takes
 * anything back for it afterwards.
 */
export const hookFault = (reason: string): Outcome => ({ exitCode: 2, stderr: `${visible(reason)}\n`, isLast: true });

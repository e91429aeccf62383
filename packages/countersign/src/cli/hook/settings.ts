/**
 * The settings by which each tool calls its hook. A hook that is killed, or cannot be started, says nothing, and most tools take that for
 * yes: so each command has a second no, and the tool's time limit is longer than the hook's own.
 */
import { OPENCODE_PLUGIN } from "./opencode-plugin.ts";
import type { HookTool } from "./tools.ts";

/** How long a hook waits for people, and before that for the gate; and how long its tool waits for it, which is longer than all of it. */
export const HOOK_WAIT_SECONDS = 540;
export const ANSWER_SECONDS = 20;
const LIMIT_SECONDS = 600;
const REPORT_SECONDS = 30;

/** By this an entry of before is found again. */
export const OWN_COMMAND = "countersign hook ";

/** Says no, with a reason, whatever became of the process. Codex takes a 2 without a reason for yes. */
const OR_NO = " || { echo 'Blocked because the hook of Countersign ended without an answer; no person has declined it.' >&2; exit 2; }";

export interface HookSettings {
  /** From the root of the project. */
  file: string;
  /** What has to be in the file: members that lists of entries are added to, by event; or its whole text. */
  content: { version?: 1; hooks: Readonly<Record<string, readonly object[]>> } | string;
}

const claudeEntries = (command: string, passed: string, limits: { before: number; after: number }, more: object = {}) => ({
  before: [{ matcher: "*", hooks: [{ ...more, type: "command", command: `${command}${passed}${OR_NO}`, timeout: limits.before }] }],
  after: [{ matcher: "*", hooks: [{ ...more, type: "command", command: `${command}${passed}`, timeout: limits.after }] }],
});

const SECONDS = { before: LIMIT_SECONDS, after: REPORT_SECONDS };
const MILLISECONDS = { before: LIMIT_SECONDS * 1_000, after: REPORT_SECONDS * 1_000 };

function copilotEntry(event: string, timeoutSec: number): object[] {
  // Every end but 0 is a no to it, in whichever shell.
  return [{ type: "command", command: `${OWN_COMMAND}copilot-cli --event ${event} --pass view,grep,glob`, timeoutSec }];
}

/** The settings of one tool. */
export function hookSettings({ name }: Pick<HookTool, "name">): HookSettings {
  const command = `${OWN_COMMAND}${name}`;
  switch (name) {
    case "claude-code": {
      const { before, after } = claudeEntries(command, " --pass Read,Grep,Glob", SECONDS);
      return { file: ".claude/settings.json", content: { hooks: { PreToolUse: before, PostToolUse: after, PostToolUseFailure: after } } };
    }
    case "codex": {
      const { before, after } = claudeEntries(command, "", SECONDS);
      return { file: ".codex/hooks.json", content: { hooks: { PreToolUse: before, PostToolUse: after } } };
    }
    case "gemini-cli": {
      const passed = " --pass read_file,read_many_files,list_directory,glob,grep_search,search_file_content";
      const { before, after } = claudeEntries(command, passed, MILLISECONDS, { name: "countersign" });
      return { file: ".gemini/settings.json", content: { hooks: { BeforeTool: before, AfterTool: after } } };
    }
    case "cursor": {
      const passed = " --pass Read,Grep";
      const before = [{ command: `${command}${passed}${OR_NO}`, timeout: LIMIT_SECONDS, failClosed: true }];
      const after = [{ command: `${command}${passed}`, timeout: REPORT_SECONDS }];
      return {
        file: ".cursor/hooks.json",
        content: { version: 1, hooks: { preToolUse: before, postToolUse: after, postToolUseFailure: after } },
      };
    }
    case "copilot-cli": {
      const hooks = {
        preToolUse: copilotEntry("preToolUse", LIMIT_SECONDS),
        postToolUse: copilotEntry("postToolUse", REPORT_SECONDS),
        postToolUseFailure: copilotEntry("postToolUseFailure", REPORT_SECONDS),
      };
      return { file: ".github/hooks/countersign.json", content: { version: 1, hooks } };
    }
    default:
      return { file: ".opencode/plugins/countersign.js", content: OPENCODE_PLUGIN };
  }
}

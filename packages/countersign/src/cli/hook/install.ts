/** `countersign hook install TOOL`: prints a tool's settings, or adds them to what its file has. Takes nothing out, and changes nothing else. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { Outcome } from "../command.ts";
import { complaintOf, hasPlainFile } from "../files/plain-file.ts";
import { readFileAtMost } from "../files/read-file-at-most.ts";
import { makeFile, replaceFile } from "../files/replace-file.ts";
import { visible } from "../visible.ts";
import { type HookSettings, OWN_COMMAND, hookSettings } from "./settings.ts";
import type { HookTool } from "./tools.ts";

/** Settings are written by hand. */
const MOST_BYTES = 1024 * 1024;

type Members = Record<string, unknown>;
const isMembers = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);

/** The text of a file's settings with these added; null if they are there. Refuses what it cannot add to without losing something. */
export function mergedSettings(before: string | null, content: Exclude<HookSettings["content"], string>): Result<string | null, string> {
  let settings: unknown;
  try {
    settings = before === null || before.trim() === "" ? {} : JSON.parse(before);
  } catch {
    return refuse("it is not plain JSON (comments, perhaps)");
  }
  if (!isMembers(settings)) return refuse("it is not a JSON object");
  const { hooks = {} } = settings;
  if (!isMembers(hooks)) return refuse("its hooks are not an object");
  const added = Object.entries(content.hooks).map(([event, entries]) => {
    const there = hooks[event] ?? [];
    if (!Array.isArray(there)) return null;
    return [event, JSON.stringify(there).includes(OWN_COMMAND) ? there : [...(there as unknown[]), ...entries]] as const;
  });
  if (added.some((one) => one === null)) return refuse("its hooks of an event are not a list");
  const all = { ...hooks, ...Object.fromEntries(added.filter((one) => one !== null)) };
  const merged = { ...(content.version !== undefined && { version: content.version }), ...settings, hooks: all };
  return accept(JSON.stringify(merged) === JSON.stringify(settings) ? null : `${JSON.stringify(merged, null, 2)}\n`);
}

const written = (file: string): Outcome => ({ exitCode: 0, stdout: `${visible(file)} has the hook of Countersign.\n` });
const notWritten = (file: string, why: string): Outcome => ({
  exitCode: 1,
  stderr: `countersign hook: ${visible(file)} was not changed: ${visible(why)}\n`,
});

/** Prints them, or writes them into the file below the folder that this runs in. */
export async function install(tool: HookTool, isWritten: boolean): Promise<Outcome> {
  const { file, content } = hookSettings(tool);
  const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`;
  if (!isWritten) return { exitCode: 0, stdout: text, stderr: `This belongs into ${file}; --write adds it.\n` };
  try {
    const before = hasPlainFile(file) ? await readFileAtMost(file, MOST_BYTES) : null;
    const given = before === null ? null : fromUtf8(before);
    if (before !== null && given === null) return notWritten(file, "it is not UTF-8");
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === "string") {
      if (given === content || (given === null && (await makeFile(file, content)))) return written(file);
      return notWritten(file, "there is another file of that name");
    }
    const merged = mergedSettings(given, content);
    if (!merged.ok) return notWritten(file, merged.refusal);
    if (merged.value !== null) await replaceFile(file, merged.value);
    return written(file);
  } catch (error) {
    return notWritten(file, complaintOf(error));
  }
}

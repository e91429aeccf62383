/** What agents' tools tell their hooks, as their documentation has it, and one run of the hook in this process. */
import { readdirSync, readFileSync } from "node:fs";
import { hookCommand } from "#countersign/cli/hook/hook.ts";
import type { Ended } from "#test/support/cli/command-line.ts";

type Told = Record<string, unknown>;
export type FixtureMoment = "before" | "after" | "failed";

export interface HookFixture {
  tool: string;
  /** Where the form is documented, and when it was read. */
  source: string;
  date: string;
  /** The event's name, of tools that leave it to `--event`. */
  events?: Record<FixtureMoment, string>;
  before: Told;
  after: Told;
  failed?: Told;
  /** The members of a yes and of a no, and the way to its reason. */
  allowed: Told | null;
  denied: Told;
  reason: string[];
}

const FOLDER = new URL("../../vectors/hooks/", import.meta.url);
export const HOOK_FIXTURES = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as HookFixture);

/** The name of the member that holds what the tool was called with. */
export const inputMember = ({ before }: HookFixture): string =>
  ["tool_input", "toolArgs", "args"].find((name) => Object.hasOwn(before, name)) ?? "";

/** The same call of another command, in a session of its own if one is given. */
export function told(fixture: HookFixture, moment: FixtureMoment, { command, session }: { command?: string; session?: string } = {}): Told {
  const document = structuredClone(fixture[moment] ?? {});
  const input = document[inputMember(fixture)] as Told;
  if (command !== undefined) input["command"] = command;
  for (const name of ["session_id", "sessionId", "conversation_id"]) {
    if (session !== undefined && Object.hasOwn(document, name)) document[name] = session;
  }
  return document;
}

/** The reason in what a hook has answered. */
export function reasonIn({ reason }: HookFixture, stdout: string): string {
  let value: unknown = JSON.parse(stdout);
  for (const name of reason) value = (value as Told)[name];
  return String(value);
}

/** One run of the hook: `tell` hears what it says while it waits. */
export async function runHook(
  fixture: HookFixture,
  moment: FixtureMoment,
  input: unknown,
  { environment, args = [], tell = () => {} }: { environment: Record<string, string>; args?: string[]; tell?: (text: string) => void },
): Promise<Ended> {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  const event = fixture.events === undefined ? [] : ["--event", fixture.events[moment]];
  // oxlint-disable-next-line require-await -- what is read is a stream
  const bytes = (async function* () {
    yield new TextEncoder().encode(text);
  })();
  const surroundings = { environment, tell, print: () => {}, isTerminal: false, input: bytes };
  const { exitCode, stdout = "", stderr = "" } = await hookCommand.run([fixture.tool, ...event, ...args], surroundings);
  return { exitCode, stdout, stderr };
}

/** `countersign whoami`: for whom this command line reads, and until when. */
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { documentOf } from "../people/call-service.ts";
import { callFailed, READER_USAGE, readerOf } from "../people/reader.ts";
import { asciiJson, visible } from "../visible.ts";
import { at, cellOf } from "./table.ts";

const USAGE = `Usage: countersign whoami [--json]

Says for whom this command line reads, with which roles, and until when.

${READER_USAGE}`;

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, { json: { type: "boolean" } });
  if (!parsed.ok || parsed.value.positionals.length > 0) return unusable("whoami", "it takes --json alone", USAGE);
  const reader = await readerOf(surroundings);
  if (!reader.ok) return reader.refusal;
  const found = await documentOf({ ...reader.value, path: "/api/v1/command-line" });
  if (!found.ok) return callFailed(found.refusal);
  if (parsed.value.values.json === true) return { exitCode: 0, stdout: asciiJson(found.value) };
  const said = (path: string): string => visible(cellOf(at(found.value, path)));
  const stdout = `${said("person.username")}, roles: ${said("person.roles")}\n${reader.value.origin}, until ${said("session.ends_at")}\n`;
  return { exitCode: 0, stdout };
}

export const whoamiCommand: Command = { usage: USAGE, run };

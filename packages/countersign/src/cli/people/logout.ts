/** `countersign logout`: ends this command line's session, here and at the service. */
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { originOf } from "../service.ts";
import { visible } from "../visible.ts";
import { callService } from "./call-service.ts";
import { READER_USAGE } from "./reader.ts";
import { dropSession, readSession } from "./session-file.ts";

const USAGE = `Usage: countersign logout

Ends this command line's session, at the service and here.

${READER_USAGE}`;

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, {});
  if (!parsed.ok || parsed.value.positionals.length > 0) return unusable("logout", "it takes nothing", USAGE);
  const origin = originOf(surroundings.environment);
  if (!origin.ok) return unusable("logout", origin.refusal, USAGE);
  const session = await readSession(origin.value, surroundings);
  if (!session.ok) return { exitCode: 1, stderr: `countersign: ${visible(session.refusal)}\n` };
  if (session.value === null) return { exitCode: 0, stdout: `There is no session at ${origin.value}.\n` };
  const ended = await callService({ origin: origin.value, key: session.value.key, method: "DELETE", path: "/api/v1/command-line" });
  await dropSession(origin.value, surroundings);
  // One that the service does not know any more has ended.
  if (ended.ok || ended.refusal.code === "unauthorized") return { exitCode: 0, stdout: "The session is over.\n" };
  const { message } = ended.refusal;
  return { exitCode: 1, stderr: `countersign: ${visible(message)} The session is forgotten here: end it under Account.\n` };
}

export const logoutCommand: Command = { usage: USAGE, run };

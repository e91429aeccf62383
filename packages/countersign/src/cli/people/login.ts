/** `countersign login`: gets a session that reads for a person, whom it asks to let it in on a page of the service (RFC 8628). */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { isCommandLineKey } from "../../documents/api-key.ts";
import { time } from "../../documents/words.ts";
import type { JsonObject } from "../../json/canonical-json.ts";
import { fit, integer, object, objectWith, oneOf, type Shape, text } from "../../json/shape.ts";
import { refuse, type Result } from "../../result.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { originOf } from "../service.ts";
import { visible } from "../visible.ts";
import { type CallFailed, callService, documentOf, type ServiceCall } from "./call-service.ts";
import { openPage } from "./open-page.ts";
import { callFailed, READER_USAGE } from "./reader.ts";
import { keepSession, readSession } from "./session-file.ts";

const USAGE = `Usage: countersign login [options]

Lets this command line read what you may read, for eight hours. It shows a code, which you type on a page of the
service, where you let it in with your passkey. It decides nothing and signs nothing: what has to be signed, the
commands show the page of. Your session, and how to end it, is under Account.

Options:
  --name NAME                what the page calls this machine (its host name)
  --no-browser               does not open the page, only prints its address
  --help                     this text

${READER_USAGE}`;

const OPTIONS = { name: { type: "string" }, "no-browser": { type: "boolean" } } as const;
const MAX_NAME = 100;

const pairingShape = object({
  device_code: text(1),
  user_code: text(1),
  verification_uri: text(1),
  expires_in: integer(1),
  interval: integer(1),
});
const collectedShape = objectWith({ status: oneOf("pending", "refused", "open") }, { key: text(1), ends_at: time });

async function fitting<T>(call: ServiceCall, shape: Shape<T>): Promise<Result<T, CallFailed>> {
  const answer = await documentOf(call);
  if (!answer.ok) return answer;
  const read = fit(shape, onlyKnown(answer.value));
  return read.ok ? read : refuse({ code: "malformed", message: `What ${call.origin} answers cannot be read: ${read.refusal}.` });
}

const KNOWN = new Set(["device_code", "user_code", "verification_uri", "expires_in", "interval", "status", "key", "ends_at"]);
/** A later version may say more. */
const onlyKnown = (document: JsonObject): JsonObject => Object.fromEntries(Object.entries(document).filter(([name]) => KNOWN.has(name)));

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("login", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const name = (values.name ?? hostname()).slice(0, MAX_NAME);
  if (positionals.length > 0 || name === "") return unusable("login", "it takes options alone", USAGE);
  const origin = originOf(surroundings.environment);
  if (!origin.ok) return unusable("login", origin.refusal, USAGE);
  return pair(origin.value, name, values["no-browser"] === true, surroundings);
}

async function pair(origin: string, name: string, isQuiet: boolean, surroundings: Surroundings): Promise<Outcome> {
  const pairing = await fitting({ origin, key: null, method: "POST", path: "/api/v1/command-line/pairings", body: { name } }, pairingShape);
  if (!pairing.ok) return callFailed(pairing.refusal);
  const { device_code, user_code, verification_uri: page, expires_in, interval } = pairing.value;
  // A person is sent to their own service and nowhere else, whatever is answered.
  if (!page.startsWith(`${origin}/`)) return callFailed({ code: "malformed", message: "The service names a page that is not its own." });
  surroundings.tell(
    `Open ${visible(page)}\nand enter the code\n\n    ${visible(user_code)}\n\nWaiting until you have let this command line in …\n`,
  );
  if (!isQuiet) openPage(page, surroundings);
  return await collect(origin, device_code, { untilMs: Date.now() + expires_in * 1_000, pauseMs: interval * 1_000 }, surroundings);
}

async function collect(
  origin: string,
  device_code: string,
  { untilMs, pauseMs }: { untilMs: number; pauseMs: number },
  surroundings: Surroundings,
): Promise<Outcome> {
  const call = { origin, key: null, method: "POST", path: "/api/v1/command-line/token", body: { device_code } } as const;
  while (Date.now() < untilMs) {
    const answer = await fitting(call, collectedShape);
    if (answer.ok && answer.value.status === "refused") return { exitCode: 1, stderr: "countersign: you turned this command line away.\n" };
    const { key, ends_at } = answer.ok ? answer.value : {};
    if (key !== undefined && ends_at !== undefined && isCommandLineKey(key)) return await keep({ origin, key, ends_at }, surroundings);
    // What may be over by the next time: no answer, or too many calls.
    if (!answer.ok && !["unreachable", "rate_limited", "unavailable"].includes(answer.refusal.code)) return callFailed(answer.refusal);
    await sleep(pauseMs);
  }
  return { exitCode: 1, stderr: "countersign: nobody has let this command line in, and its code is over. Run countersign login again.\n" };
}

/** A session from before would be in the way of nobody but its owner: it is ended. */
async function keep(session: { origin: string; key: string; ends_at: string }, surroundings: Surroundings): Promise<Outcome> {
  const { origin, key, ends_at } = session;
  const end = (old: string) => callService({ origin, key: old, method: "DELETE", path: "/api/v1/command-line" });
  const before = await readSession(origin, surroundings);
  const complaint = before.ok ? await keepSession(session, surroundings) : before.refusal;
  if (complaint !== null) {
    await end(key);
    return { exitCode: 1, stderr: `countersign: ${visible(complaint)}\n` };
  }
  if (before.ok && before.value !== null) await end(before.value.key);
  return { exitCode: 0, stdout: `This command line reads for you at ${origin} until ${ends_at}.\n` };
}

export const loginCommand: Command = { usage: USAGE, run };

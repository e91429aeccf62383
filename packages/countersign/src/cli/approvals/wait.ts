/** `countersign wait`: the end of a request that was asked for before. */
import { ANSWER_OPTIONS, ANSWER_USAGE, decisionOutcome, EXIT_CODE_USAGE, wantedOf } from "./approval-outcome.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { connect, ENVIRONMENT_USAGE, numberOf } from "../service.ts";

export const UNHURRIED_WAIT_SECONDS = 25;
/** As long as a request can be open. */
export const MOST_WAIT_SECONDS = 604_800;

const USAGE = `Usage: countersign wait REQUEST_ID [options]

Waits for the end of a request. Losing a wait cancels nothing: wait again.

Options:
  --wait SECONDS             how long (${UNHURRIED_WAIT_SECONDS})
${ANSWER_USAGE}
${ENVIRONMENT_USAGE}
${EXIT_CODE_USAGE}`;

const OPTIONS = { ...ANSWER_OPTIONS, wait: { type: "string" } } as const;

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("wait", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const [requestId, ...surplus] = positionals;
  if (requestId === undefined || surplus.length > 0) return unusable("wait", "name one request", USAGE);
  const seconds = numberOf(values.wait, "--wait", { least: 0, most: MOST_WAIT_SECONDS });
  if (!seconds.ok) return unusable("wait", seconds.refusal, USAGE);
  const wanted = wantedOf(values);
  if (!wanted.ok) return unusable("wait", wanted.refusal, USAGE);
  const client = connect(surroundings, values);
  if (!client.ok) return unusable("wait", client.refusal, USAGE);
  return decisionOutcome(client.value, await client.value.wait(requestId, seconds.value ?? UNHURRIED_WAIT_SECONDS), wanted.value);
}

export const wait: Command = { usage: USAGE, run };

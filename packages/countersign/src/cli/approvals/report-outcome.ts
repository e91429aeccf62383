/** `countersign outcome`: says how the action went, after redeeming. */
import type { CallOutcome } from "../../documents/record.ts";
import { ANSWER_OPTIONS, ANSWER_USAGE, useOutcome, wantedOf } from "./approval-outcome.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { connect, ENVIRONMENT_USAGE } from "../service.ts";

const USAGE = `Usage: countersign outcome REQUEST_ID succeeded|failed|unknown [options]

Says how the action went. Once, except that unknown may be followed by succeeded or failed.

Options:
  --detail TEXT              what happened; only its hash goes into the log
${ANSWER_USAGE}
${ENVIRONMENT_USAGE}
Exit code: 0 reported, 1 anything else, 2 unusable arguments.
`;

const OPTIONS = { ...ANSWER_OPTIONS, detail: { type: "string" } } as const;

const isCallOutcome = (text: string | undefined): text is CallOutcome => text === "succeeded" || text === "failed" || text === "unknown";

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("outcome", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const [requestId, said, ...surplus] = positionals;
  if (requestId === undefined || surplus.length > 0) return unusable("outcome", "name one request", USAGE);
  if (!isCallOutcome(said)) return unusable("outcome", "say succeeded, failed or unknown", USAGE);
  const wanted = wantedOf(values);
  if (!wanted.ok) return unusable("outcome", wanted.refusal, USAGE);
  const client = connect(surroundings, values);
  if (!client.ok) return unusable("outcome", client.refusal, USAGE);

  const reported = await client.value.outcome(requestId, said, values.detail);
  return useOutcome(client.value, reported, "Reported", wanted.value);
}

export const outcomeCommand: Command = { usage: USAGE, run };

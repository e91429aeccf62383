/** `countersign answer`: answers what a person asked before deciding. */
import { ANSWER_OPTIONS, ANSWER_USAGE, useOutcome, wantedOf } from "./approval-outcome.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { connect, ENVIRONMENT_USAGE } from "../service.ts";

const USAGE = `Usage: countersign answer REQUEST_ID QUESTION_ID TEXT [options]

Answers what a person asked about a pending request: the question with that id. People read it as the agent's own words.

Options:
${ANSWER_USAGE}
${ENVIRONMENT_USAGE}
Exit code: 0 answered, 1 anything else, 2 unusable arguments.
`;

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, ANSWER_OPTIONS);
  if (!parsed.ok) return unusable("answer", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const [requestId, questionId, text, ...surplus] = positionals;
  if (requestId === undefined || questionId === undefined || text === undefined || surplus.length > 0) {
    return unusable("answer", "name one request and one question, and put your answer in quotes", USAGE);
  }
  const wanted = wantedOf(values);
  if (!wanted.ok) return unusable("answer", wanted.refusal, USAGE);
  const client = connect(surroundings, values);
  if (!client.ok) return unusable("answer", client.refusal, USAGE);
  return useOutcome(client.value, await client.value.answer(requestId, questionId, text), "Answered", wanted.value);
}

export const answerCommand: Command = { usage: USAGE, run };

/** `countersign redeem`: uses an approval, once, right before the action. */
import { ANSWER_OPTIONS, ANSWER_USAGE, useOutcome, wantedOf } from "./approval-outcome.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { connect, ENVIRONMENT_USAGE, PAYLOAD_OPTIONS, payloadOf } from "../service.ts";

const USAGE = `Usage: countersign redeem REQUEST_ID (--payload FILE | --payload-json JSON) [options]

Uses an approval, once. Act only if this succeeds, and with exactly this payload. What no person has
approved is refused before it is used, unless you allow what it rests on.
  --payload FILE             what the action is about to use, a JSON object
  --payload-json JSON        the same, given here

Options:
  --idempotency-key KEY      of this one execution: the same key gets the same answer again
${ANSWER_USAGE}
${ENVIRONMENT_USAGE}
Exit code: 0 redeemed, 1 anything else, 2 unusable arguments.
`;

const OPTIONS = { ...PAYLOAD_OPTIONS, ...ANSWER_OPTIONS, "idempotency-key": { type: "string" } } as const;

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("redeem", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const [requestId, ...surplus] = positionals;
  if (requestId === undefined || surplus.length > 0) return unusable("redeem", "name one request", USAGE);
  const payload = await payloadOf(values);
  if (!payload.ok) return unusable("redeem", payload.refusal, USAGE);
  const wanted = wantedOf(values);
  if (!wanted.ok) return unusable("redeem", wanted.refusal, USAGE);
  const client = connect(surroundings, values);
  if (!client.ok) return unusable("redeem", client.refusal, USAGE);

  const redeemed = await client.value.redeem(requestId, payload.value, {
    ...(values["idempotency-key"] !== undefined && { idempotencyKey: values["idempotency-key"] }),
    allowBasis: wanted.value.allowBasis,
  });
  return useOutcome(client.value, redeemed, "Redeemed", wanted.value);
}

export const redeemCommand: Command = { usage: USAGE, run };

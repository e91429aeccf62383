/** Fields of a rule that the gateway, channels and grants will carry out: read from the start, and said to be not available yet. */
import { durationField } from "./duration.ts";
import { eitherOf, explained, listOf, mapOf, textUpTo, trueOrFalse, wholeNumber, wordOf } from "./field.ts";

/** Longer than any condition of at most 500 nodes needs to be. */
export const conditionField = textUpTo(4_000);

const most = wholeNumber(1, 1_000_000_000);
const keep = wordOf("full", "masked", "hash", "none");

/** Also in `defaults`. */
export const sharedGatewayFields = {
  scan: explained("What secrets in arguments do.", mapOf({}, { secrets: wordOf("block", "warn") })),
  mask: explained(
    "What is masked in everything that comes from the server.",
    listOf(mapOf({}, { path: textUpTo(500), key: textUpTo(128), pattern: textUpTo(500), detector: textUpTo(64) }), 1, 50),
  ),
  keep: explained(
    "What is kept of arguments and results.",
    eitherOf({ text: keep, map: mapOf({ what: keep }, { days: wholeNumber(1, 3_650) }) }, "full, masked, hash or none, or a map"),
  ),
  limits: explained(
    "How often this agent may do it.",
    mapOf({}, { per_minute: most, per_day: most, credits: most, credits_per_day: most, seconds: wholeNumber(1, 600) }),
  ),
  notify: explained(
    "How people hear of it.",
    mapOf(
      {},
      {
        label: explained("hidden: no message says what the action is.", wordOf("shown", "hidden")),
        channels: explained("Channels all of whose places are told.", listOf(textUpTo(64), 1, 20)),
        remind: explained("So long before the deadline people are reminded; an empty list: never.", listOf(durationField, 0, 5)),
        deny_from_chat: trueOrFalse,
      },
    ),
  ),
  match_code: explained("Whether a code is compared.", wordOf("on", "off")),
};

export const gatewayFields = {
  grants: explained(
    "Whether an approver may remember, for how long and how often.",
    mapOf({ for: durationField, uses: wholeNumber(1, 100) }, {}),
  ),
  preview: explained(
    "A read-only tool that is called before asking.",
    mapOf({ tool: textUpTo(200), args: conditionField }, { pick: textUpTo(500) }),
  ),
  unwrap: explained("Which call this call really is.", mapOf({ tool: conditionField, args: conditionField }, {})),
  execute: explained("When an approved call is sent.", wordOf("on_collect", "on_approval")),
  unattended: explained("Whether it may be sent though it is not idempotent.", trueOrFalse),
};

/** Fields of a rule that the gateway, channels and grants will carry out: read from the start, and said to be not available yet. */
import { durationField } from "./duration.ts";
import { AUTHENTICATOR_CLASSES } from "../../documents/words.ts";
import { DETECTORS } from "../judging/handling.ts";
import { eitherOf, explained, listOf, mapOf, textUpTo, trueOrFalse, wholeNumber, wordOf } from "./field.ts";

/** Longer than any condition of at most 500 nodes needs to be. */
export const conditionField = textUpTo(4_000);

const most = wholeNumber(1, 1_000_000_000);
const keep = wordOf("full", "masked", "hash", "none");

/** Also in `defaults`. */
export const sharedGatewayFields = {
  scan: explained(
    "What secrets in a call's arguments do: block refuses it, warn says so to people and in the record.",
    mapOf({}, { secrets: wordOf("block", "warn") }),
  ),
  mask: explained(
    "What is masked in everything that comes from the server. Of an entry with several members all have to be met.",
    listOf(
      mapOf(
        {},
        {
          path: explained('Such as $.users[*].email, $.rows[0]["e-mail"], $.*.id or $..token.', textUpTo(500)),
          key: explained("The name of a member, at any depth.", textUpTo(128)),
          pattern: explained("RE2.", textUpTo(500)),
          detector: explained("What is looked for.", wordOf(...DETECTORS)),
        },
      ),
      1,
      50,
    ),
  ),
  keep: explained(
    "What is kept of a call's arguments and result; masked if left out. days: for how long.",
    eitherOf({ text: keep, map: mapOf({ what: keep }, { days: wholeNumber(1, 3_650) }) }, "full, masked, hash or none, or a map"),
  ),
  limits: explained(
    "How often an agent may do it, and how long a call may take.",
    mapOf(
      {},
      {
        per_minute: explained("Calls within any 60 seconds.", most),
        per_day: explained("Calls within any 24 hours.", most),
        credits: explained("What one call costs; 1 if left out.", most),
        credits_per_day: explained("What may be spent within any 24 hours.", most),
        seconds: explained("How long one call may take.", wholeNumber(1, 600)),
      },
    ),
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
  match_code: explained(
    "Whether whoever approves has to pick the number that the agent shows; on for high and critical risk if left out.",
    wordOf("on", "off"),
  ),
};

export const gatewayFields = {
  grants: explained(
    "Whether an approver may remember, for how long and how often.",
    mapOf({ for: durationField, uses: wholeNumber(1, 100) }, {}),
  ),
  preview: explained(
    "A read-only tool of the same server that is called before people are asked; they see its result.",
    mapOf(
      { tool: textUpTo(200), args: explained("Its arguments (CEL), a map.", conditionField) },
      { pick: explained("What counts of its result (CEL over result); all of it if left out.", conditionField) },
    ),
  ),
  unwrap: explained(
    "Which call of a tool this call really is: it is judged as that one.",
    mapOf(
      { tool: explained("The tool's name (CEL).", conditionField), args: explained("Its arguments (CEL), a map.", conditionField) },
      {},
    ),
  ),
  execute: explained("When an approved call is sent.", wordOf("on_collect", "on_approval")),
  verified_approval: explained(
    "Each call needs a passkey's evidence (SEP-2672), made at the agent's client: cross-platform, or platform for any passkey.",
    wordOf(...AUTHENTICATOR_CLASSES),
  ),
  evidence: explained("receipt: an approved call tells its server where the receipt is, and which.", wordOf("receipt")),
  unattended: explained("Whether it may be sent though it is not idempotent.", trueOrFalse),
};

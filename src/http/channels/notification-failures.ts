/** What people are told of refusals around their own notifications. */
import type { ContactRefusal } from "#gate/channels/contacts.ts";
import type { DelegationRefusal } from "#gate/channels/give-delegation.ts";
import { passkeyAnswers } from "#rules/passkey-answers.ts";
import { type Failure, fieldFailure, publicAnswers } from "#rules/failure.ts";

const NO_PUSH_SERVICE = fieldFailure("subscription", "its address is not that of a push service that this service may send to");

/** Of adding a device, an address or an account. */
export const contactFailure = publicAnswers<ContactRefusal>({
  "vault-missing": { code: "unavailable", message: "This service keeps no addresses: its operator has to set VAULT_SECRET first." },
  "unknown-channel": { code: "not_found", message: "There is no such channel any more. Reload the page." },
  "subscription-malformed": fieldFailure("subscription", "its keys are not those of a push subscription"),
  "key-of-another-channel": fieldFailure("key", "the channel has another key by now; subscribe with that one"),
  "mailbox-malformed": fieldFailure("address", "enter one e-mail address, such as ada@example.com"),
  "too-many-contacts": { code: "forbidden", message: "You have ten devices and addresses already. Remove one first." },
  "too-many-codes": { code: "rate_limited", message: "Ten codes were sent within the hour. Try again in an hour.", retryAfter: 3_600 },
  "code-not-sent": {
    code: "unavailable",
    message: "The code could not be sent now. Check the address, and try again in a minute; if it stays so, tell an admin.",
  },
  "address-malformed": NO_PUSH_SERVICE,
  "address-not-https": NO_PUSH_SERVICE,
  "address-private": NO_PUSH_SERVICE,
  "address-own": NO_PUSH_SERVICE,
  "address-unknown": NO_PUSH_SERVICE,
});

/** Of a code, and of what is none of one's own: which of them it was is not told. */
export const ownContactFailure = publicAnswers<{ reason: "code-wrong" | "unknown-contact" }>({
  "code-wrong": {
    code: "code_invalid",
    message: "This is not the code that was sent last, or it is older than 15 minutes, or was tried five times. Have another one sent.",
  },
  "unknown-contact": { code: "not_found", message: "You have no such device or address any more." },
});

const notAccepted = (why: string): Failure => ({ code: "decision_not_accepted", message: `Nothing was stored. ${why}` });
const AGAIN = notAccepted("This signature was not accepted. Sign again with your own passkey.");

/** Of a time out of office. */
export const delegationFailure = publicAnswers<DelegationRefusal | { reason: "unknown-delegation" }>({
  ...passkeyAnswers("decision_not_accepted", "Nothing was stored."),
  "nonce-not-ours": AGAIN,
  "nonce-expired": notAccepted("It took too long to answer the prompt. Sign again."),
  "signed-for-something-else": AGAIN,
  "signature-spent": AGAIN,
  "times-wrong": fieldFailure("until", "it has to be later than the beginning, and in the future"),
  "too-long": fieldFailure("until", "at most 90 days"),
  "too-far-ahead": fieldFailure("from", "within a year"),
  "to-oneself": fieldFailure("to", "somebody else"),
  "unknown-delegate": fieldFailure("to", "no approver with a passkey has this id"),
  overlaps: fieldFailure("from", "you are out of office for a part of that time already; end that first"),
  "unknown-delegation": { code: "not_found", message: "You have no such time out of office; perhaps it is over." },
});

/** Of ending somebody else's time out of office. */
export const delegationOfFailure = publicAnswers<{ reason: "unknown-delegation" }>({
  "unknown-delegation": { code: "not_found", message: "They have no such time out of office; perhaps it is over." },
});

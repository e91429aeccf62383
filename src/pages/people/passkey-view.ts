/** What tells one passkey from another: to compare between two people, and in a list. */
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { dayView, hashView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { passkeysScriptTexts as texts } from "#texts/browser/passkeys.ts";

/** The digits in big, and the whole fingerprint; the same for the person and for the admin. */
export const comparisonView = (fingerprint: string): ViewElement =>
  styled(
    "div",
    "comparison",
    styled("p", "words", keyWords(fingerprint)),
    styled("p", "whole", styled("span", "kind", texts.wholeFingerprint), hashView(fingerprint)),
  );

interface ListedPasskey {
  credential_id: string;
  name: string;
  created_at: string;
  revoked_at: string | null;
  backup_eligible: boolean;
  counter_back_at: string | null;
  fingerprint: string;
}

/** For admins: who else has the key; null if nobody has. */
export const sharedKeyView = (usernames: readonly string[]): ViewElement | null =>
  usernames.length === 0 ? null : element("p", { class: "message" }, texts.shared(usernames.join(", ")));

/** The id of the element that names a passkey. */
export const passkeyNameId = (credentialId: string): string => `passkey-${credentialId}`;

/** Not of a revoked one, which nothing can be done with any more. */
const counterView = ({ counter_back_at: at, revoked_at }: ListedPasskey): ViewElement | null =>
  at === null || revoked_at !== null ? null : styled("span", "doubt", ...texts.counterBack<View>(dayView(at)));

/** A row of a list of passkeys. `ways`: what can be done with it while it stands. */
export function passkeyView(passkey: ListedPasskey, ways: readonly View[], note: string | null = null): ViewElement {
  const name = passkey.name === "" ? texts.unnamed : textView(passkey.name);
  const since = texts.since<View>(dayView(passkey.created_at));
  const kept = passkey.backup_eligible ? texts.synchronised : texts.onOneDevice;
  const what = element("span", { class: "what", id: passkeyNameId(passkey.credential_id) }, name);
  const who = styled("span", "who", ...since, kept, note === null ? null : texts.note(note));
  const digits = styled("span", "digits", keyWords(passkey.fingerprint));
  const end = passkey.revoked_at === null ? ways : [styled("span", "gone", ...texts.revoked<View>(dayView(passkey.revoked_at)))];
  return element("li", { "data-passkey": passkey.credential_id }, what, who, styled("span", "when", ...end), counterView(passkey), digits);
}

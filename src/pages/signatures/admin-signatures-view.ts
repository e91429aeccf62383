/** What waits for another admin's signature, wherever that is shown. */
import type { SignatureCount } from "#api/people-data.ts";
import { choiceView } from "#pages/kit/row-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { signaturesTexts as texts } from "#texts/browser/signatures.ts";

/** How many admins have signed and who; null where one is enough. */
export function signedView(
  { signatures, required, signed_by: ids }: SignatureCount & { signed_by: readonly string[] },
  viewer: string,
  usernameOf: (id: string) => string,
): ViewElement | null {
  if (required < 2) return null;
  const names = ids.map((id) => (id === viewer ? texts.signed.you : usernameOf(id))).join(", ");
  return styled("p", "signed", texts.signed.signed(signatures, required, names));
}

/** The button that signs; for whoever has signed, why it is not there, and the one that takes the signature back. */
export const signingView = (
  { signed_by: signedBy, operation }: { signed_by: readonly string[]; operation: string },
  viewer: string,
  button: ViewElement,
): View[] =>
  signedBy.includes(viewer)
    ? [
        styled("p", "quiet", texts.signed.byYou),
        choiceView({ kind: "take-back", key: operation, style: "link danger" }, texts.signed.takeBack),
      ]
    : [button];

/** What became of a signature, announced; null if there is nothing to say. */
export const saidView = (text: string | null): ViewElement | null =>
  text === null ? null : element("p", { class: "message", role: "alert" }, text);

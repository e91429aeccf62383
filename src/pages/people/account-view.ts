/** The passkeys on `/account` as views, made by the server when the page is sent and by its script whenever something changed. Pure. */
import type { Me } from "#api/people-data.ts";
import { comparisonView, passkeyNameId, passkeyView } from "./passkey-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";

const way = (kind: string, id: string, label: string, danger = ""): ViewElement =>
  element("button", { type: "button", class: `link${danger}`, [`data-${kind}`]: id, "aria-describedby": passkeyNameId(id) }, label);

function ownPasskeyView(passkey: Me["passkeys"][number]): ViewElement {
  const id = passkey.credential_id;
  const ways = [way("rename", id, "Rename"), " ", way("revoke", id, "Revoke", " danger")];
  return passkeyView(passkey, ways, passkey.current ? "you are signed in with it" : null);
}

function waitingView(passkey: Me["waiting"][number]): ViewElement {
  const id = passkey.credential_id;
  const name = passkey.name === "" ? "New passkey" : textView(passkey.name);
  return element(
    "li",
    { "data-waiting": id },
    element("h3", { id: passkeyNameId(id) }, name),
    styled("p", "quiet", `Made ${timeText(passkey.created_at)}. Waits for an admin; until then it opens nothing.`),
    comparisonView(passkey.fingerprint),
    element("p", {}, "Read these digits to an admin, on the phone or in person. The admin confirms the passkey if every one is the same."),
    styled("div", "ways", way("revoke", id, "Discard", " danger")),
  );
}

/** Fills the element with the id `passkeys`. */
export function ownPasskeysView({ passkeys, waiting }: Me): ViewElement {
  return element(
    "div",
    { id: "passkeys" },
    styled("ul", "rows stacked passkeys", ...passkeys.map(ownPasskeyView)),
    waiting.length === 0 ? null : styled("ul", "cards", ...waiting.map(waitingView)),
  );
}

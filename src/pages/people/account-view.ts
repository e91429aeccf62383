/** The passkeys and sessions on `/account` as views, made by the server when the page is sent and by its script whenever something changed. Pure. */
import type { Me } from "#api/people-data.ts";
import { choiceView, dayView, timeView } from "#pages/kit/row-view.ts";
import { comparisonView, passkeyNameId, passkeyView } from "./passkey-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

const renameView = (id: string): ViewElement => choiceView({ kind: "rename", key: id, style: "link", about: passkeyNameId(id) }, "Rename");
const revokeView = (id: string, label: string): ViewElement =>
  choiceView({ kind: "revoke", key: id, style: "link danger", about: passkeyNameId(id) }, label);

function ownPasskeyView(passkey: Me["passkeys"][number]): ViewElement {
  const id = passkey.credential_id;
  const ways = [renameView(id), " ", revokeView(id, "Revoke")];
  return passkeyView(passkey, ways, passkey.current ? "you are signed in with it" : null);
}

function waitingView(passkey: Me["waiting"][number]): ViewElement {
  const id = passkey.credential_id;
  const name = passkey.name === "" ? "New passkey" : textView(passkey.name);
  return element(
    "li",
    { "data-waiting": id },
    element("h3", { id: passkeyNameId(id) }, name),
    styled("p", "quiet", `Made ${timeText(passkey.created_at)}. An admin has to confirm it; until then it opens nothing.`),
    comparisonView(passkey.fingerprint),
    element("p", {}, "Read these digits to an admin, on the phone or in person. The admin confirms the passkey if every one is the same."),
    styled("div", "ways", revokeView(id, "Discard")),
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

/** The id of the element that says which session it is. */
const sessionNameId = (id: string): string => `session-${id}`;

function sessionView({ id, credential_id, created_at, last_seen_at, ends_at, current }: Me["sessions"][number], me: Me): ViewElement {
  const passkey = me.passkeys.find((one) => one.credential_id === credential_id);
  const name: View = passkey === undefined || passkey.name === "" ? "a passkey without a name" : textView(passkey.name);
  const end = choiceView({ kind: "end", key: id, style: "link danger", about: sessionNameId(id) }, "End");
  return element(
    "li",
    { "data-session": id },
    element("span", { class: "what", id: sessionNameId(id) }, "Signed in ", timeView(created_at), current ? " – this one" : null),
    styled("span", "who", "with ", name, ", last used ", timeView(last_seen_at), ", ends by ", dayView(ends_at)),
    styled("span", "when", end),
  );
}

/** Fills the element with the id `sessions`. */
export function ownSessionsView(me: Me): ViewElement {
  const hasOthers = me.sessions.some(({ current }) => !current);
  return element(
    "div",
    { id: "sessions" },
    styled("ul", "rows stacked", ...me.sessions.map((session) => sessionView(session, me))),
    hasOthers
      ? styled("div", "ways", choiceView({ kind: "end-others", key: me.id, style: "link danger" }, "Sign out everywhere else"))
      : null,
  );
}

/** Fills the element with the id `stop-token`: the token that this person has, if any, and what can be done with it. */
export function stopTokenView({ stop_token: madeAt, roles }: Me): ViewElement {
  const mayHave = roles.includes("approver") || roles.includes("admin");
  const make = choiceView({ kind: "make-stop-token", key: "", style: "link" }, madeAt === null ? "Make a stop token" : "Make another");
  const end = choiceView({ kind: "end-stop-token", key: "", style: "link danger" }, "Revoke the stop token");
  const state = madeAt === null ? [] : [styled("p", "quiet", "Made ", timeView(madeAt), ". Another one ends it.")];
  return element(
    "div",
    { id: "stop-token" },
    ...state,
    styled("div", "ways", ...(mayHave ? [make] : []), ...(madeAt === null ? [] : [" ", end])),
  );
}

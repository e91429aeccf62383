/** The passkeys and sessions on `/account` as views, made by the server when the page is sent and by its script whenever something changed. Pure. */
import type { Me } from "#api/people-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { comparisonView, passkeyNameId, passkeyView } from "./passkey-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { accountScriptTexts as texts } from "#texts/browser/account.ts";
import { sessionsScriptTexts } from "#texts/browser/sessions.ts";
import { sessionNameId, sessionRow } from "./session-view.ts";

const renameView = (id: string): ViewElement =>
  choiceView({ kind: "rename", key: id, style: "link", about: passkeyNameId(id) }, texts.rename);
const revokeView = (id: string, label: string): ViewElement =>
  choiceView({ kind: "revoke", key: id, style: "link danger", about: passkeyNameId(id) }, label);

function ownPasskeyView(passkey: Me["passkeys"][number]): ViewElement {
  const id = passkey.credential_id;
  const ways = [renameView(id), " ", revokeView(id, texts.revoke)];
  return passkeyView(passkey, ways, passkey.current ? texts.current : null);
}

function waitingView(passkey: Me["waiting"][number]): ViewElement {
  const id = passkey.credential_id;
  const name = passkey.name === "" ? texts.newPasskey : textView(passkey.name);
  return element(
    "li",
    { "data-waiting": id },
    element("h3", { id: passkeyNameId(id) }, name),
    styled("p", "quiet", texts.waiting(timeText(passkey.created_at))),
    comparisonView(passkey.fingerprint),
    element("p", {}, texts.compare),
    styled("div", "ways", revokeView(id, texts.discard)),
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

function sessionView(session: Me["sessions"][number], me: Me): ViewElement {
  const { id } = session;
  return sessionRow(
    session,
    me.passkeys,
    choiceView({ kind: "end", key: id, style: "link danger", about: sessionNameId(id) }, texts.sessions.end),
  );
}

/** Fills the element with the id `sessions`. */
export function ownSessionsView(me: Me): ViewElement {
  const hasOthers = me.sessions.some(({ current }) => !current);
  const everywhere = choiceView({ kind: "end-all", key: me.id, style: "link danger" }, sessionsScriptTexts.everywhere);
  const elsewhere = choiceView({ kind: "end-others", key: me.id, style: "link danger" }, texts.sessions.others);
  return element(
    "div",
    { id: "sessions" },
    styled("ul", "rows stacked", ...me.sessions.map((session) => sessionView(session, me))),
    styled("div", "ways", ...(hasOthers ? [elsewhere, " "] : []), everywhere),
  );
}

/** Fills the element with the id `stop-token`: the token that this person has, if any, and what can be done with it. */
export function stopTokenView({ stop_token: madeAt, roles }: Me): ViewElement {
  const mayHave = roles.includes("approver") || roles.includes("admin");
  const make = choiceView(
    { kind: "make-stop-token", key: "", style: "link" },
    madeAt === null ? texts.stopToken.make : texts.stopToken.another,
  );
  const end = choiceView({ kind: "end-stop-token", key: "", style: "link danger" }, texts.stopToken.revoke);
  const state = madeAt === null ? [] : [styled("p", "quiet", ...texts.stopToken.made<View>(timeView(madeAt)))];
  return element(
    "div",
    { id: "stop-token" },
    ...state,
    styled("div", "ways", ...(mayHave ? [make] : []), ...(madeAt === null ? [] : [" ", end])),
  );
}

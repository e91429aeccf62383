/** A server that is called as somebody, and how it is connected. A pure function: what is signed is made of the same. */
import type { ConnectableServer, ServerGrantItem } from "#api/servers/connection-data.ts";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { connectionsTexts as texts } from "#texts/servers/connections.ts";

const code = (text: string): ViewElement => element("code", {}, textView(text));

/** Whom a grant acts as: in the issuer's words, which are marked as such, or by who was there. */
export const accountText = ({ account, made_by: by }: Pick<ServerGrantItem, "account" | "made_by">): View[] =>
  account === null ? texts.account.whoever(textView(by.username)) : texts.account.named(styled("strong", "account", textView(account)));

/** Why a grant serves for nothing; null if it serves. */
export function whyUseless({ refused_at: refused, serves }: ServerGrantItem): string | null {
  if (!serves) return texts.useless.otherServer;
  return refused === null ? null : texts.useless.refused;
}

const connected = (grant: ServerGrantItem): View[] => [
  element("p", { class: whyUseless(grant) === null ? "state" : "state bad" }, ...texts.connected(accountText(grant))),
  ...(whyUseless(grant) === null ? [] : [element("p", { class: "state bad" }, whyUseless(grant) ?? "")]),
  styled("p", "quiet", ...texts.connectedBy(textView(grant.made_by.username), timeView(grant.connected_at ?? grant.made_at))),
];

/** What is signed: nothing else is in the statement but who signs. */
export const signedGrantView = ({ server, grants }: Pick<ConnectableServer, "server" | "grants">, grant: ServerGrantItem): ViewElement =>
  termList(
    term(texts.signed.server, textView(server.name)),
    term(texts.signed.issuer, code(grant.issuer)),
    term(texts.signed.acts, ...accountText(grant)),
    term(texts.signed.for, texts.signed.grants[grants]),
  );

function waitingView(one: ConnectableServer, grant: ServerGrantItem): ViewElement {
  const about = `grant-${grant.id}`;
  return element(
    "div",
    { class: "waiting-grant", "data-waiting": grant.id },
    element("h4", { id: about }, texts.waiting.title),
    signedGrantView(one, grant),
    styled(
      "div",
      "ways",
      choiceView({ kind: "sign", key: grant.id, style: "primary", about }, texts.waiting.sign),
      choiceView({ kind: "drop", key: grant.id, style: "link danger", about }, texts.waiting.drop),
    ),
  );
}

export const connectionId = (name: string): string => `connection-${name}`;

/** A server with how it is connected, and what can be done. */
export function connectionCard(one: ConnectableServer): ViewElement {
  const { server, url, issuer, scope, grants, connection, waiting, others } = one;
  const about = connectionId(server.name);
  const connect = choiceView(
    { kind: "connect", key: server.name, style: connection === null && waiting.length === 0 ? "primary" : "link", about },
    connection === null ? texts.card.connect : texts.card.connectAnew,
  );
  const end =
    connection === null ? [] : [choiceView({ kind: "drop", key: connection.id, style: "link danger", about }, texts.card.disconnect)];
  return element(
    "li",
    { "data-server": server.name },
    element("h3", { id: about }, textView(server.name)),
    ...(connection === null ? [styled("p", "state bad", texts.notConnected)] : connected(connection)),
    termList(
      term(texts.card.address, code(url)),
      term(texts.card.issuer, code(issuer)),
      ...(scope === null ? [] : [term(texts.card.scope, code(scope))]),
      term(texts.card.for, texts.card.grants[grants]),
    ),
    ...waiting.map((grant) => waitingView(one, grant)),
    styled("div", "ways", connect, ...end),
    ...(others.length === 0 ? [] : [othersView(others)]),
  );
}

const othersView = (others: readonly ServerGrantItem[]): ViewElement =>
  element(
    "details",
    {},
    element("summary", {}, texts.others.title(others.length)),
    element(
      "ul",
      { class: "others" },
      ...others.map((grant) =>
        element(
          "li",
          {},
          ...texts.others.connection(textView(grant.made_by.username), accountText(grant)),
          " ",
          choiceView({ kind: "drop", key: grant.id, style: "link danger" }, ...texts.others.disconnect(textView(grant.made_by.username))),
        ),
      ),
    ),
  );

/** A server that is called as somebody, and how it is connected. A pure function: what is signed is made of the same. */
import type { ConnectableServer, ServerGrantItem } from "#api/servers/connection-data.ts";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

const code = (text: string): ViewElement => element("code", {}, textView(text));

/** Whom a grant acts as: in the issuer's words, which are marked as such, or by who was there. */
export const accountText = ({ account, made_by: by }: Pick<ServerGrantItem, "account" | "made_by">): View[] =>
  account === null
    ? ["as whoever ", textView(by.username), " signed in as there"]
    : ["as ", styled("strong", "account", textView(account)), ", as the issuer says"];

/** Why a grant serves for nothing; null if it serves. */
export function whyUseless({ refused_at: refused, serves }: ServerGrantItem): string | null {
  if (!serves) return "The server is another now than it was connected as: connect it again.";
  return refused === null ? null : "The issuer takes it no more: connect it again.";
}

const connected = (grant: ServerGrantItem): View[] => [
  element("p", { class: whyUseless(grant) === null ? "state" : "state bad" }, "Connected ", ...accountText(grant), "."),
  ...(whyUseless(grant) === null ? [] : [element("p", { class: "state bad" }, whyUseless(grant) ?? "")]),
  styled("p", "quiet", "By ", textView(grant.made_by.username), ", ", timeView(grant.connected_at ?? grant.made_at), "."),
];

/** What is signed: nothing else is in the statement but who signs. */
export const signedGrantView = ({ server, grants }: Pick<ConnectableServer, "server" | "grants">, grant: ServerGrantItem): ViewElement =>
  termList(
    term("Server", textView(server.name)),
    term("Issuer", code(grant.issuer)),
    term("Acts", ...accountText(grant)),
    term("For", grants === "shared" ? "all agents" : "your own agents"),
  );

function waitingView(one: ConnectableServer, grant: ServerGrantItem): ViewElement {
  const about = `grant-${grant.id}`;
  return element(
    "div",
    { class: "waiting-grant", "data-waiting": grant.id },
    element("h4", { id: about }, "Waits for a signature"),
    signedGrantView(one, grant),
    styled(
      "div",
      "ways",
      choiceView({ kind: "sign", key: grant.id, style: "primary", about }, "Use this account"),
      choiceView({ kind: "drop", key: grant.id, style: "link danger", about }, "Discard"),
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
    connection === null ? "Connect" : "Connect anew",
  );
  const end = connection === null ? [] : [choiceView({ kind: "drop", key: connection.id, style: "link danger", about }, "Disconnect")];
  return element(
    "li",
    { "data-server": server.name },
    element("h3", { id: about }, textView(server.name)),
    ...(connection === null ? [styled("p", "state bad", "Not connected: calls are refused until it is.")] : connected(connection)),
    termList(
      term("Address", code(url)),
      term("Issuer", code(issuer)),
      ...(scope === null ? [] : [term("Scope", code(scope))]),
      term("For", grants === "shared" ? "all agents: they act as one account" : "your own agents, and nobody else’s"),
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
    element("summary", {}, `Connected by others: ${others.length}`),
    element(
      "ul",
      { class: "others" },
      ...others.map((grant) =>
        element(
          "li",
          {},
          textView(grant.made_by.username),
          ": ",
          ...accountText(grant),
          " ",
          choiceView({ kind: "drop", key: grant.id, style: "link danger" }, "Disconnect ", textView(grant.made_by.username)),
        ),
      ),
    ),
  );

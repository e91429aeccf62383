/** Servers, and what waits for a second signature, as cards. What is signed is made by the server, and by the browser of what it signs. */
import type { ServerItem, ShownServer, WaitingServer } from "#api/servers/server-data.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import { definitionView } from "./tool-view.ts";

export const AUTHENTICATION_NAMES: Readonly<Record<ShownServer["authentication"]["kind"], string>> = {
  none: "None",
  bearer: "Bearer token",
  headers: "Named headers",
  client_credentials: "OAuth client credentials",
  authorization_code: "OAuth, as a person",
};

const GRANT_NAMES = { shared: "by all agents as one account", owner: "by each agent as its owner" } as const;
const REDIRECT_NAMES = {
  issuer: "at an address for this issuer alone",
  shared: "at the address of all issuers that name themselves",
} as const;
const TOKEN_AUTH_NAMES = { none: "without a secret", basic: "by its secret, in a header", post: "by its secret, in the body" } as const;

export const FEATURE_NAMES = {
  resources: "Resources",
  prompts: "Prompts",
  completion: "Completion",
  sampling: "Sampling: it may ask the agent’s model",
  url_elicitation: "It may send the agent’s person to an address",
  elicitation: "It may ask the agent’s person",
  roots: "It may ask for the agent’s folders",
} as const;

const code = (text: string): ViewElement => element("code", {}, textView(text));
const some = (name: string, value: string | undefined): ViewElement[] => (value === undefined ? [] : [term(name, code(value))]);
const listed = (views: readonly View[]): View[] => views.flatMap((view, at) => (at === 0 ? [view] : [", ", view]));

function featuresText({ sessions, ...features }: ShownServer["features"]): string {
  const names = Object.entries(FEATURE_NAMES).flatMap(([name, words]) => (features[name as keyof typeof features] === true ? [words] : []));
  return [...names, ...(sessions === "any" ? ["calls in any session"] : [])].join("; ") || "tools only";
}

function limitsText({ seconds, result_bytes: bytes }: ShownServer["limits"]): string {
  const parts = [seconds === undefined ? null : `${seconds} s a call`, bytes === undefined ? null : `${bytes} bytes an answer`];
  return parts.filter((part) => part !== null).join(", ") || "as the gate has them";
}

/** All that is signed of a server but the bytes of its credential. */
export function serverSettingsView({ url, authentication, features, limits }: ShownServer): ViewElement {
  const { kind, names, token_endpoint: endpoint, client_id: client, scope, resource, credential_hash: hash, issuer } = authentication;
  const { authorization_endpoint: people, registration_endpoint: registers, revocation_endpoint: takesBack } = authentication;
  const wantsSecret = kind !== "none" && authentication.token_auth !== "none";
  return termList(
    term("Address", code(url)),
    term("Authentication", AUTHENTICATION_NAMES[kind]),
    ...(names === undefined ? [] : [term("Headers", ...listed(names.map(code)))]),
    ...(authentication.grants === undefined ? [] : [term("Called", GRANT_NAMES[authentication.grants])]),
    ...some("Issuer", issuer),
    ...some("People say yes at", people),
    ...some("Token endpoint", endpoint),
    ...some("Given back at", takesBack),
    ...some("Registers at", registers),
    ...some("Client", client),
    ...some("Scope", scope),
    ...some("Tokens are for", resource),
    ...(authentication.redirect === undefined ? [] : [term("People come back", REDIRECT_NAMES[authentication.redirect])]),
    ...(authentication.token_auth === undefined ? [] : [term("Shows itself there", TOKEN_AUTH_NAMES[authentication.token_auth])]),
    ...(!wantsSecret ? [] : [term("Credential", hash === null ? "none yet" : "sealed", ...(hash === null ? [] : [" ", code(hash)]))]),
    term("Passes", featuresText(features)),
    term("Limits", limitsText(limits)),
  );
}

/** How it does, from what the gate last heard of it. */
function healthView({ health, endpoint }: ServerItem): ViewElement {
  const { last_success_at: success = null, last_error: error = null, last_error_at: at = null, latency_ms: latency = null } = health ?? {};
  const speaks = health?.protocol_version ?? null;
  return termList(
    term("For agents", code(endpoint)),
    term("Last listed", success === null ? "not yet" : timeView(success), latency === null ? "" : ` in ${latency} ms`),
    ...(error === null ? [] : [term("Last error", code(error), ...(at === null ? [] : [" at ", timeView(at)]))]),
    ...(speaks === null ? [] : [term("Speaks", `MCP ${speaks}`)]),
  );
}

export const serverNameId = (name: string): string => `name-${name}`;

/** Names that are told at once. */
const MOST_NAMES = 5;
const namesText = (names: readonly string[]): string =>
  [...names.slice(0, MOST_NAMES), ...(names.length > MOST_NAMES ? [`${names.length - MOST_NAMES} more`] : [])].join(", ");

/** Of a server that is called as somebody: whether it is, or why not; null of any other. */
function unconnected({ authentication: { kind, grants }, connections }: ServerItem): string | null {
  if (kind !== "authorization_code" || connections.some(({ serves, refused_at: refused }) => serves && refused === null)) return null;
  if (connections.length > 0) return "Needs authentication: it has to be connected anew";
  return grants === "owner" ? "Needs authentication: nobody has connected it" : "Needs authentication: it is not connected";
}

function connectionView({ name, authentication, connections }: ServerItem): ViewElement[] {
  if (authentication.kind !== "authorization_code") return [];
  const who = connections.map(({ account, owner, made_by: by, connected_at: at }) => {
    const whom = account === null ? [] : [" as ", styled("strong", "account", textView(account))];
    const link = element("a", { href: `/account/servers?server=${name}` }, owner === null ? "Connected" : "Connected for their agents");
    return element("p", { class: "tools-of" }, link, ...whom, " by ", textView(by.username), ...(at === null ? [] : [", ", timeView(at)]));
  });
  return who.length > 0 ? who : [styled("p", "tools-of", element("a", { href: `/account/servers?server=${name}` }, "Connect"))];
}

function stateText(server: ServerItem): { words: string; isBad: boolean } {
  const missing = unconnected(server);
  return missing === null ? knownState(server) : { words: missing, isBad: true };
}

function knownState({ drifted, unaccepted, has_credential: has, authentication, acceptances }: ServerItem): {
  words: string;
  isBad: boolean;
} {
  const wantsCredential = authentication.kind !== "none" && (authentication.token_auth ?? "basic") !== "none";
  if (wantsCredential && !has) return { words: "Needs authentication: it has no credential", isBad: true };
  if (drifted.length > 0) return { words: `Changed, and refused until it is accepted again: ${namesText(drifted)}`, isBad: true };
  if (acceptances === 0) return { words: "Nothing of it is accepted yet", isBad: false };
  if (unaccepted.length > 0) return { words: `New, and hidden until it is accepted: ${namesText(unaccepted)}`, isBad: false };
  return { words: "As accepted", isBad: false };
}

/** A server with everything that is known of it, and what can be done with it. */
export function serverCard(server: ServerItem): ViewElement {
  const { name, authentication, has_credential: has } = server;
  const about = serverNameId(name);
  const way = (kind: string, label: string, style: "link" | "link danger" = "link") => choiceView({ kind, key: name, style, about }, label);
  const { words, isBad } = stateText(server);
  return element(
    "li",
    { "data-server": name },
    element("h3", { id: about }, textView(name)),
    element("p", { class: isBad ? "state bad" : "state" }, textView(words)),
    ...connectionView(server),
    healthView(server),
    serverSettingsView(server),
    styled("p", "tools-of", element("a", { href: `/admin/servers?server=${name}#tools` }, "Its tools")),
    styled(
      "div",
      "ways",
      way("refresh", "List again"),
      way("change", "Change"),
      ...(authentication.kind === "none" || authentication.token_auth === "none" ? [] : [way("credential", "Give credential")]),
      ...(has ? [way("forget", "Take credential away")] : []),
      way("remove", "Remove server", "link danger"),
    ),
  );
}

const CHANGES: Readonly<Record<WaitingServer["change"], string>> = {
  "server.added": "Add ",
  "server.changed": "Change ",
  "tools.accepted": "Accept tools of ",
};

/** What an acceptance is of, each with its whole description. */
export const acceptedView = (tools: readonly { name: string; definition: JsonObject }[]): ViewElement =>
  tools.length === 0
    ? styled("p", "nothing", "Nothing of it may be used any more.")
    : styled(
        "ul",
        "definitions",
        ...tools.map(({ name, definition }) => element("li", {}, element("h4", {}, textView(name)), definitionView(definition))),
      );

/** What is signed of what waits. */
export function waitingContent({ settings, tools }: Pick<WaitingServer, "settings" | "tools">): ViewElement {
  if (settings !== null) return serverSettingsView(settings);
  return acceptedView(tools ?? []);
}

/** What one admin has signed for and another has to. The script puts into `data-content` what it compares with the signature. */
export function waitingServerView(waiting: WaitingServer, viewer: string, names: ReadonlyMap<string, string>): ViewElement {
  const { operation, name, change, expires_at: until } = waiting;
  const button = choiceView({ kind: "sign", key: operation, style: "primary" }, "Sign for ", textView(name));
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", {}, CHANGES[change], textView(name)),
    styled("p", "quiet", `Dropped if nobody else signs by ${timeText(until)}.`),
    signedView(waiting, viewer, (id) => names.get(id) ?? id),
    element("div", { "data-content": operation }, waitingContent(waiting)),
    styled("div", "ways", ...signingView(waiting, viewer, button)),
  );
}

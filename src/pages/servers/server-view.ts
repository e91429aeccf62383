/** Servers, and what waits for a second signature, as cards. What is signed is made by the server, and by the browser of what it signs. */
import type { ServerItem, ShownServer, WaitingServer } from "#api/servers/server-data.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { choiceView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import { serversScriptTexts } from "#texts/browser/servers.ts";
import { serversTexts as texts } from "#texts/servers.ts";
import { definitionView } from "./tool-view.ts";

/** Of what is signed. */
const signed = serversScriptTexts.settings;

const code = (text: string): ViewElement => element("code", {}, textView(text));
const some = (name: string, value: string | undefined): ViewElement[] => (value === undefined ? [] : [term(name, code(value))]);
const listed = (views: readonly View[]): View[] => views.flatMap((view, at) => (at === 0 ? [view] : [", ", view]));

function featuresText({ sessions, ...features }: ShownServer["features"]): string {
  const names = Object.entries(signed.features).flatMap(([name, words]) =>
    features[name as keyof typeof features] === true ? [words] : [],
  );
  return [...names, ...(sessions === "any" ? [signed.anySession] : [])].join("; ") || signed.toolsOnly;
}

function limitsText({ seconds, result_bytes: bytes }: ShownServer["limits"]): string {
  const parts = [seconds === undefined ? null : signed.seconds(seconds), bytes === undefined ? null : signed.bytes(bytes)];
  return parts.filter((part) => part !== null).join(", ") || signed.noLimits;
}

/** All that is signed of a server but the bytes of its credential. */
export function serverSettingsView({ url, authentication, features, limits }: ShownServer): ViewElement {
  const { kind, names, token_endpoint: endpoint, client_id: client, scope, resource, credential_hash: hash, issuer } = authentication;
  const { authorization_endpoint: people, registration_endpoint: registers, revocation_endpoint: takesBack } = authentication;
  const wantsSecret = kind !== "none" && authentication.token_auth !== "none";
  return termList(
    term(signed.address, code(url)),
    term(signed.authentication, signed.authentications[kind]),
    ...(names === undefined ? [] : [term(signed.headers, ...listed(names.map(code)))]),
    ...(authentication.grants === undefined ? [] : [term(signed.called, signed.grants[authentication.grants])]),
    ...some(signed.issuer, issuer),
    ...some(signed.peopleSayYes, people),
    ...some(signed.tokenEndpoint, endpoint),
    ...some(signed.givenBack, takesBack),
    ...some(signed.registers, registers),
    ...some(signed.client, client),
    ...some(signed.scope, scope),
    ...some(signed.resource, resource),
    ...(authentication.redirect === undefined ? [] : [term(signed.redirect, signed.redirects[authentication.redirect])]),
    ...(authentication.token_auth === undefined ? [] : [term(signed.tokenAuth, signed.tokenAuths[authentication.token_auth])]),
    ...(!wantsSecret
      ? []
      : [term(signed.credential, hash === null ? signed.noCredential : signed.sealed, ...(hash === null ? [] : [" ", code(hash)]))]),
    term(signed.passes, featuresText(features)),
    term(signed.limits, limitsText(limits)),
  );
}

/** How it does, from what the gate last heard of it. */
function healthView({ health, endpoint }: ServerItem): ViewElement {
  const { last_success_at: success = null, last_error: error = null, last_error_at: at = null, latency_ms: latency = null } = health ?? {};
  const speaks = health?.protocol_version ?? null;
  return termList(
    term(texts.card.forAgents, code(endpoint)),
    term(
      texts.card.lastListed,
      success === null ? texts.card.notYet : timeView(success),
      latency === null ? "" : texts.card.latency(latency),
    ),
    ...(error === null ? [] : [term(texts.card.lastError, code(error), ...(at === null ? [] : texts.card.errorAt(timeView(at))))]),
    ...(speaks === null ? [] : [term(texts.card.speaks, texts.card.protocol(speaks))]),
  );
}

export const serverNameId = (name: string): string => `name-${name}`;

/** Names that are told at once. */
const MOST_NAMES = 5;
const namesText = (names: readonly string[]): string =>
  [...names.slice(0, MOST_NAMES), ...(names.length > MOST_NAMES ? [texts.card.more(names.length - MOST_NAMES)] : [])].join(", ");

/** Of a server that is called as somebody: whether it is, or why not; null of any other. */
function unconnected({ authentication: { kind, grants }, connections }: ServerItem): string | null {
  if (kind !== "authorization_code" || connections.some(({ serves, refused_at: refused }) => serves && refused === null)) return null;
  if (connections.length > 0) return texts.card.states.connectAnew;
  return grants === "owner" ? texts.card.states.nobodyConnected : texts.card.states.notConnected;
}

function connectionView({ name, authentication, connections }: ServerItem): ViewElement[] {
  if (authentication.kind !== "authorization_code") return [];
  const who = connections.map(({ account, owner, made_by: by, connected_at: at }) => {
    const whom = account === null ? [] : texts.card.connectedAs(styled("strong", "account", textView(account)));
    const link = element(
      "a",
      { href: `/account/servers?server=${name}` },
      owner === null ? texts.card.connected : texts.card.connectedForTheirs,
    );
    const said = texts.card.connectedBy(link, whom, textView(by.username));
    return element("p", { class: "tools-of" }, ...said, ...(at === null ? [] : [", ", timeView(at)]));
  });
  return who.length > 0 ? who : [styled("p", "tools-of", element("a", { href: `/account/servers?server=${name}` }, texts.card.connect))];
}

function stateText(server: ServerItem): { words: string; isBad: boolean } {
  const missing = unconnected(server);
  return missing === null ? knownState(server) : { words: missing, isBad: true };
}

function knownState({ drifted, unaccepted, has_credential: has, authentication, acceptances }: ServerItem): {
  words: string;
  isBad: boolean;
} {
  const { states } = texts.card;
  const wantsCredential = authentication.kind !== "none" && (authentication.token_auth ?? "basic") !== "none";
  if (wantsCredential && !has) return { words: states.noCredential, isBad: true };
  if (drifted.length > 0) return { words: states.changed(namesText(drifted)), isBad: true };
  if (acceptances === 0) return { words: states.nothingAccepted, isBad: false };
  if (unaccepted.length > 0) return { words: states.unaccepted(namesText(unaccepted)), isBad: false };
  return { words: states.asAccepted, isBad: false };
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
    styled("p", "tools-of", element("a", { href: `/admin/servers?server=${name}#tools` }, texts.card.tools)),
    styled(
      "div",
      "ways",
      way("refresh", texts.card.refresh),
      way("change", texts.card.change),
      ...(authentication.kind === "none" || authentication.token_auth === "none" ? [] : [way("credential", texts.card.give)]),
      ...(has ? [way("forget", texts.card.forget)] : []),
      way("remove", texts.card.remove, "link danger"),
    ),
  );
}

/** What an acceptance is of, each with its whole description. */
export const acceptedView = (tools: readonly { name: string; definition: JsonObject }[]): ViewElement =>
  tools.length === 0
    ? styled("p", "nothing", serversScriptTexts.nothingAccepted)
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
  const button = choiceView({ kind: "sign", key: operation, style: "primary" }, ...texts.waiting.sign(textView(name)));
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", {}, ...texts.waiting.changes[change](textView(name))),
    styled("p", "quiet", texts.waiting.droppedAt(timeText(until))),
    signedView(waiting, viewer, (id) => names.get(id) ?? id),
    element("div", { "data-content": operation }, waitingContent(waiting)),
    styled("div", "ways", ...signingView(waiting, viewer, button)),
  );
}

/** Connectors, and what waits for a second signature, as rows and cards: made by the server for all, and by the browser for one that was just made. */
import type { ConnectorItem, ProposedConnector } from "#api/connectors/connector-data.ts";
import { choiceView, dayView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { connectorsScriptTexts as texts } from "#texts/browser/servers/connectors.ts";
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";

/** The id of the element that names a connector. */
const nameId = (id: string): string => `name-${id}`;

/** How its line is, in words. */
function lineView({ connected_since: since, serves }: ConnectorItem): ViewElement {
  if (since === null) return styled("span", "quiet", texts.row.notConnected);
  const when = timeView(since);
  return styled("span", "who", ...(serves ? texts.row.connectedSince(when) : texts.row.notRunningSince(when)));
}

/** A row; one that stands has a button that revokes it. */
export function connectorRow(connector: ConnectorItem): ViewElement {
  const { id, name, server, address, created_at: createdAt, revoked_at: revokedAt } = connector;
  const what = element("span", { class: "what", id: nameId(id) }, textView(name));
  const way = styled("span", "who", ...texts.row.way(textView(server), dayView(createdAt)));
  const who = styled("span", "who", way, element("code", {}, address));
  const row = (...when: (ViewElement | string)[]) => element("li", { "data-connector": id }, what, who, styled("span", "when", ...when));
  if (revokedAt !== null) return row(styled("span", "gone", ...texts.row.revoked(dayView(revokedAt))));
  return row(lineView(connector), " ", choiceView({ kind: "revoke", key: id, style: "link danger", about: nameId(id) }, texts.row.revoke));
}

/** What one admin has signed for and another has to, with the button that signs. */
export function proposedConnectorView(waiting: ProposedConnector, viewer: string, names: ReadonlyMap<string, string>): ViewElement {
  const { id, name, server, operation, expires_at: until } = waiting;
  const button = element(
    "button",
    { type: "button", class: "primary", "data-sign": id, "data-name": name, "data-server": server },
    element("span", {}, ...texts.proposed.sign(textView(name))),
  );
  return element(
    "li",
    { "data-waiting": operation },
    element("h3", {}, textView(name)),
    styled("p", "quiet", ...texts.proposed.dropped(textView(server), timeText(until))),
    signedView(waiting, viewer, (person) => names.get(person) ?? person),
    styled("div", "ways", ...signingView(waiting, viewer, button)),
  );
}

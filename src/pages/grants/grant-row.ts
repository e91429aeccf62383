/** A grant as a row of the list: what it lets pass, who gave it, how much of it is left, and where it was used. */
import type { GrantItem } from "#api/grants/grant-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { grantMembers } from "#pages/kit/value/grant-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { grantsTexts } from "#texts/grants.ts";

const texts = grantsTexts.row;

/** Whoever looks at the list. */
export interface GrantReader {
  id: string;
  mayAdminister: boolean;
  mayOversee?: boolean;
}

const grantNameId = (id: string): string => `grant-${id}`;

const people = (named: GrantItem["given_by"]): View[] =>
  named.flatMap(({ username }, at) => (at === 0 ? [textView(username)] : [", ", textView(username)]));

function stateView({ ended_by: endedBy, revoked, left, uses, until }: GrantItem): ViewElement {
  if (endedBy === null) return styled("span", "standing", ...texts.left(left, uses, timeView(until)));
  const by = revoked === null ? [] : texts.endedBy(textView(revoked.by.username), timeView(revoked.at));
  return styled("span", "gone", texts.ended[endedBy], ...by);
}

/** What it was used for; only who may look at every request finds a link. */
function usesView({ used_for: uses }: GrantItem, links: boolean): ViewElement | null {
  if (uses.length === 0) return null;
  const rows = uses.map(({ use, request_id: id, at }) =>
    element("li", {}, ...texts.use(use, links ? element("a", { href: `/a/${id}` }, timeView(at)) : timeView(at))),
  );
  return element("details", {}, element("summary", {}, texts.used(uses.length)), element("ol", { class: "uses" }, ...rows));
}

export function grantRow(item: GrantItem, reader: GrantReader): ViewElement {
  const { id, agent, server, tool, rule, given_by: givers, given_at: givenAt, request_id: requestId, ended_by: endedBy } = item;
  const gave = givers.some((one) => one.id === reader.id);
  const about = grantNameId(id);
  const what = element(
    "span",
    { class: "what", id: about },
    ...texts.what(textView(agent.name), textView(server === null ? tool : `${server}.${tool}`)),
  );
  const given = gave || reader.mayOversee === true ? element("a", { href: `/a/${requestId}` }, timeView(givenAt)) : timeView(givenAt);
  const who = styled("span", "who", ...texts.given(people(givers), given, textView(rule), textView(id, "id")));
  const mayRevoke = endedBy === null && (reader.mayAdminister || gave);
  const revoke = mayRevoke ? [" ", choiceView({ kind: "revoke", key: id, style: "link danger", about }, texts.revoke)] : [];
  return element(
    "li",
    { "data-grant": id },
    what,
    who,
    grantMembers(item),
    usesView(item, reader.mayOversee === true),
    styled("span", "when", stateView(item), ...revoke),
  );
}

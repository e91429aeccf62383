/** Agents, stops and what waits for a second signature, as rows: made by the server for all, and by the browser for an agent that was just created. */
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import type { AgentItem, ProposedAgent, ProposedChange, ProposedRelease, ProposedRotation, StopItem } from "#api/people-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { choiceView, dayView, timeView } from "#pages/kit/row-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { agentsScriptTexts as texts } from "#texts/browser/agents.ts";

export interface ListedAgent {
  id: string;
  name: string;
  owner: string;
  ownerName: string;
  groups: readonly string[];
  createdAt: string;
  revokedAt: string | null;
  stopped: StopItem | null;
  /** Left out where nobody is above it. */
  below?: NonNullable<AgentItem["below"]>;
}

/** Names in a sentence, each as it is. */
export const namesView = (names: readonly string[]): View[] =>
  names.flatMap((name, at) => (at === 0 ? [textView(name)] : [texts.row.comma, textView(name)]));

/** Since when it is stopped, and by whom. */
export const stoppedView = ({ since, by }: StopItem): ViewElement =>
  styled("span", "gone", ...texts.row.stopped(timeView(since), textView(by.username)));

/** The id of the element that names an agent. */
export const agentNameId = (id: string): string => `name-${id}`;

/** Where an agent's page is. */
export const agentPath = (id: string): string => `/admin/agents/${id}`;

/** The button that stops it, or the one that releases it; `agent` null is everything. */
export function stopChoice(agent: { id: string } | null, stopped: StopItem | null): ViewElement {
  const kind = stopped === null ? "stop" : "release";
  if (agent === null) {
    const label = stopped === null ? texts.stop.stopEverything : texts.stop.releaseEverything;
    return choiceView({ kind, key: "", style: stopped === null ? "danger" : "primary" }, label);
  }
  const about = agentNameId(agent.id);
  return stopped === null
    ? choiceView({ kind, key: agent.id, style: "link danger", about }, texts.stop.stop)
    : choiceView({ kind, key: agent.id, style: "link", about }, texts.stop.release);
}

/** Whom it is below, until when, and what its key is for. */
export function belowView({ chain, expires_at: until, servers, tools }: NonNullable<ListedAgent["below"]>): View[] {
  const above = chain.slice(0, -1).map(({ name }) => name);
  const may = tools ?? servers?.map((server) => texts.below.everythingOf(server)) ?? [];
  const isAll = tools === null && servers === null;
  return [
    texts.below.below,
    ...above.flatMap((name, at): View[] => (at === 0 ? [textView(name)] : [texts.below.step, textView(name)])),
    ...texts.below.until(timeView(until)),
    ...(isAll ? [texts.below.all] : may.length === 0 ? [texts.below.none] : [texts.below.for, ...namesView(may)]),
  ];
}

/** A row; one that stands has buttons to stop or release it, to change its groups, and to revoke it. */
export function agentRow(agent: ListedAgent): ViewElement {
  const { id, groups, stopped } = agent;
  const about = agentNameId(id);
  const what = element("span", { class: "what", id: about }, element("a", { href: agentPath(id) }, textView(agent.name)));
  const inGroups = groups.length === 0 ? [] : [groups.length === 1 ? texts.row.inGroup : texts.row.inGroups, ...namesView(groups)];
  const { below } = agent;
  const who =
    below === undefined
      ? styled("span", "who", ...texts.row.owner(textView(agent.ownerName)), ...texts.row.created(dayView(agent.createdAt)), ...inGroups)
      : styled("span", "who", ...belowView(below));
  if (agent.revokedAt !== null) {
    return element(
      "li",
      { "data-agent": id },
      what,
      who,
      styled("span", "when", styled("span", "gone", ...texts.row.revoked(dayView(agent.revokedAt)))),
    );
  }
  const ways = [
    stopChoice(agent, stopped),
    ...(below === undefined ? [choiceView({ kind: "groups", key: id, style: "link", about }, texts.row.groups)] : []),
    choiceView({ kind: "revoke", key: id, style: "link danger", about }, texts.row.revoke),
  ];
  const state = stoppedIn(agent);
  const buttons = ways.flatMap((way, at) => (at === 0 ? [way] : [" ", way]));
  const depth = below === undefined ? {} : { "data-below": String(below.chain.length - 1) };
  return element("li", { "data-agent": id, ...depth }, what, who, styled("span", "when", ...state, ...buttons));
}

/** Whether it is stopped, by itself or with one above it. */
export function stoppedIn({ stopped, below }: Pick<ListedAgent, "stopped" | "below">): View[] {
  if (stopped !== null) return [stoppedView(stopped), " "];
  const above = below?.stopped_with ?? null;
  return above === null ? [] : [styled("span", "gone", ...texts.row.stoppedWith(textView(above))), " "];
}

interface Waiting {
  operation: string;
  expires_at: string;
  signatures: number;
  required: number;
  signed_by: readonly string[];
}

/** What one admin has signed for and another has to, with the button that signs. */
function cardView(
  waiting: Waiting,
  [title, quiet]: [View, string],
  button: ViewElement,
  viewer: string,
  nameOf: (id: string) => string,
): ViewElement {
  return element(
    "li",
    { "data-waiting": waiting.operation },
    element("h3", {}, title),
    styled("p", "quiet", texts.proposed.dropped(quiet, timeText(waiting.expires_at))),
    signedView(waiting, viewer, nameOf),
    styled("div", "ways", ...signingView(waiting, viewer, button)),
  );
}

const signButton = (attributes: Readonly<Record<string, string>>, ...label: View[]): ViewElement =>
  element("button", { type: "button", class: "primary", ...attributes }, element("span", {}, ...label));

/** Usernames by id. */
type Names = ReadonlyMap<string, string>;
const nameIn =
  (names: Names) =>
  (id: string): string =>
    names.get(id) ?? id;

/** An agent that one admin has signed for and another has to. */
export function proposedAgentView(agent: ProposedAgent, viewer: string, names: Names): ViewElement {
  const button = signButton(
    { "data-sign": agent.id, "data-name": agent.name, "data-owner": agent.owner },
    ...texts.proposed.sign(textView(agent.name)),
  );
  return cardView(agent, [textView(agent.name), texts.proposed.owner(nameIn(names)(agent.owner))], button, viewer, nameIn(names));
}

/** Groups and a name of an agent, likewise. */
export function proposedChangeView(change: ProposedChange, viewer: string, names: Names): ViewElement {
  const { id, name, now_called: before, groups } = change;
  const isRenamed = name !== before;
  const button = signButton(
    { "data-sign-groups": id, "data-name": name, "data-wanted": JSON.stringify(groups) },
    ...(isRenamed ? texts.proposed.signName(textView(name)) : texts.proposed.signGroups(textView(name))),
  );
  const title = element(
    "span",
    {},
    ...(isRenamed ? texts.proposed.renamed(textView(before), textView(name)) : [textView(name)]),
    ...(groups.length === 0 ? [texts.proposed.inNoGroup] : [texts.proposed.in, ...namesView(groups)]),
  );
  return cardView(change, [title, ""], button, viewer, nameIn(names));
}

/** A release, likewise. */
export function proposedReleaseView(release: ProposedRelease, viewer: string, names: Names): ViewElement {
  const what: View = release.agent === null ? texts.proposed.everything : textView(release.agent.name);
  const button = signButton({ "data-release": release.agent?.id ?? "" }, ...texts.proposed.signRelease(what));
  return cardView(release, [element("span", {}, ...texts.proposed.release(what)), ""], button, viewer, nameIn(names));
}

/** A new key of an agent, likewise; on other pages than the agent's the way to it, since the key is shown there. */
export function proposedRotationView(rotation: ProposedRotation, viewer: string, names: Names, isOnItsPage: boolean): ViewElement {
  const { id, name, overlap_hours: hours } = rotation;
  const way = isOnItsPage
    ? signButton({ "data-sign-key": id, "data-hours": String(hours) }, ...texts.proposed.signKey(textView(name)))
    : element("a", { href: agentPath(id) }, ...texts.proposed.toSignKey(textView(name)));
  const title = element("span", {}, ...texts.proposed.newKey(textView(name)));
  return cardView(rotation, [title, texts.proposed.overlap(hours)], way, viewer, nameIn(names));
}

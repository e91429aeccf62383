/** One agent in the list of agents: made by the server for all, and by the browser for one that was just created. */
import { signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import type { ProposedAgent } from "#api/people-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { choiceView, dayView } from "#pages/kit/row-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";

export interface ListedAgent {
  id: string;
  name: string;
  ownerName: string;
  createdAt: string;
  revokedAt: string | null;
}

/** A row; one that stands has a button to revoke it. */
export function agentRow(agent: ListedAgent): ViewElement {
  const nameId = `name-${agent.id}`;
  const what = element("span", { class: "what", id: nameId }, textView(agent.name));
  const who = styled("span", "who", "owner ", textView(agent.ownerName), ", created ", dayView(agent.createdAt));
  const end =
    agent.revokedAt === null
      ? choiceView({ kind: "revoke", key: agent.id, style: "link danger", about: nameId }, "Revoke")
      : styled("span", "gone", "Revoked ", dayView(agent.revokedAt));
  return element("li", { "data-agent": agent.id }, what, who, styled("span", "when", end));
}

/** An agent that one admin has signed for and another has to; `names` are the usernames of people by their ids. */
export function proposedAgentView(agent: ProposedAgent, viewer: string, names: ReadonlyMap<string, string>): ViewElement {
  const nameOf = (id: string): string => names.get(id) ?? id;
  const sign = element(
    "button",
    { type: "button", class: "primary", "data-sign": agent.id, "data-name": agent.name, "data-owner": agent.owner },
    element("span", {}, "Sign for ", textView(agent.name)),
  );
  return element(
    "li",
    { "data-waiting": agent.id },
    element("h3", {}, textView(agent.name)),
    styled("p", "quiet", `Owner ${nameOf(agent.owner)}. Dropped if nobody else signs by ${timeText(agent.expires_at)}.`),
    signedView(agent, viewer, nameOf),
    styled("div", "ways", ...signingView(agent, viewer, sign)),
  );
}

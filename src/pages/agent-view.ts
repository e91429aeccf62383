/** One agent in the list of agents: made by the server for all, and by the browser for one that was just created. */
import { textView } from "./text-view.ts";
import { dateText } from "./time-text.ts";
import { element, styled, type ViewElement } from "./view.ts";

export interface ListedAgent {
  id: string;
  name: string;
  ownerName: string;
  createdAt: string;
  revokedAt: string | null;
}

const timeView = (time: string): ViewElement => element("time", { datetime: time }, dateText(time));

/** A row; one that stands has a button to revoke it. */
export function agentView(agent: ListedAgent): ViewElement {
  const nameId = `name-${agent.id}`;
  const what = element("span", { class: "what", id: nameId }, textView(agent.name));
  const who = styled("span", "who", "owner ", textView(agent.ownerName), ", created ", timeView(agent.createdAt));
  const end =
    agent.revokedAt === null
      ? element("button", { type: "button", class: "link danger", "data-revoke": agent.id, "aria-describedby": nameId }, "Revoke")
      : styled("span", "gone", "Revoked ", timeView(agent.revokedAt));
  return element("li", { "data-agent": agent.id }, what, who, styled("span", "when", end));
}

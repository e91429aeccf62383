/** Rules that are proposed from what people approved, as cards: what would pass, within which bounds, and which approvals say so. */
import type { ProposalItem } from "#api/policies/proposal-data.ts";
import { choiceView, dayView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

type Member = ProposalItem["members"][number];

const valueView = (value: Member["values"][number]): ViewElement =>
  styled("span", "value", textView(typeof value === "string" ? value : JSON.stringify(value)));

function boundView({ bound, values, optional }: Member): View[] {
  const left = optional ? [", or left out"] : [];
  const shown = values.map(valueView);
  if (bound === "range") return ["from ", shown[0] ?? "", " to ", shown[1] ?? "", ...left];
  if (bound === "one_of") return ["one of ", ...shown.flatMap((one, at) => (at === 0 ? [one] : [", ", one])), ...left];
  return ["always ", shown[0] ?? "", ...left];
}

const memberView = (member: Member): ViewElement =>
  styled("div", "member", element("dt", { class: "name" }, textView(member.member)), element("dd", {}, ...boundView(member)));

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
const by = (people: number): string => (people === 1 ? "one person" : `${people} people`);

function whatView({ server, tool, action }: ProposalItem): View[] {
  const named = tool === null ? [textView(action ?? "")] : [textView(tool), ...(action === null ? [] : [" (", textView(action), ")"])];
  return server === null ? named : [...named, " of ", textView(server)];
}

const whoseView = ({ agent, group }: ProposalItem): View[] =>
  agent === null ? [" by agents of the group ", textView(group ?? "")] : [" by ", textView(agent)];

function proposalView(item: ProposalItem): ViewElement {
  const { name, source, members, risk, requests, people } = item;
  const about = `proposal-${name}`;
  return element(
    "li",
    { "data-proposal": name },
    element("h3", { id: about }, ...whatView(item), ...whoseView(item)),
    element("p", {}, `Approved ${times(requests.length)} by ${by(people)}, never denied: let it pass?`),
    styled("p", "quiet", source === "ask" ? `An ask, ${risk} risk: what it names is the agent’s own word.` : `A call, ${risk} risk.`),
    members.length === 0 ? element("p", {}, "Without arguments.") : styled("dl", "object terms", ...members.map(memberView)),
    element(
      "details",
      {},
      element("summary", {}, "The approvals that it comes from"),
      styled(
        "ul",
        "evidence",
        ...requests.map(({ id, approved_at: at }) => element("li", {}, element("a", { href: `/a/${id}` }, id), ", ", dayView(at))),
      ),
    ),
    styled("div", "ways", choiceView({ kind: "draft", key: name, style: "primary", about }, "Make a draft")),
  );
}

export const proposalsView = (items: readonly ProposalItem[]): ViewElement | null =>
  items.length === 0 ? null : styled("ul", "cards", ...items.map(proposalView));

/** In one sentence. */
export const proposalsText = (items: readonly ProposalItem[]): string =>
  items.length === 0
    ? "None: nothing that people are asked about was approved three times within 30 days, in like terms, and never denied."
    : "From what people approved within 30 days. A draft is only text: nothing passes before you publish it.";

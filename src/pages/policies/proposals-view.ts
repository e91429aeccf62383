/** Rules that are proposed from what people approved, as cards: what would pass, within which bounds, and which approvals say so. */
import type { ProposalItem } from "#api/policies/proposal-data.ts";
import { choiceView, dayView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { policiesScriptTexts } from "#texts/browser/policies.ts";

const texts = policiesScriptTexts.proposals;

type Member = ProposalItem["members"][number];

const valueView = (value: Member["values"][number]): ViewElement =>
  styled("span", "value", textView(typeof value === "string" ? value : JSON.stringify(value)));

function boundView({ bound, values, optional }: Member): View[] {
  const left = optional ? [texts.orLeftOut] : [];
  const shown = values.map(valueView);
  if (bound === "range") return [...texts.range(shown[0] ?? "", shown[1] ?? ""), ...left];
  if (bound === "one_of") return [...texts.oneOf(shown.flatMap((one, at) => (at === 0 ? [one] : [", ", one]))), ...left];
  return [...texts.always(shown[0] ?? ""), ...left];
}

const memberView = (member: Member): ViewElement =>
  styled("div", "member", element("dt", { class: "name" }, textView(member.member)), element("dd", {}, ...boundView(member)));

function whatView({ server, tool, action }: ProposalItem): View[] {
  const one = textView(tool ?? action ?? "");
  const named = tool === null || action === null ? [one] : texts.toolAndAction(one, textView(action));
  return server === null ? named : texts.ofServer(named, textView(server));
}

const titleView = (item: ProposalItem): View[] =>
  item.agent === null ? texts.byGroup(whatView(item), textView(item.group ?? "")) : texts.byAgent(whatView(item), textView(item.agent));

function proposalView(item: ProposalItem): ViewElement {
  const { name, source, members, risk, requests, people } = item;
  const about = `proposal-${name}`;
  return element(
    "li",
    { "data-proposal": name },
    element("h3", { id: about }, ...titleView(item)),
    element("p", {}, texts.approved(requests.length, people)),
    styled("p", "quiet", texts[source](risk)),
    members.length === 0 ? element("p", {}, texts.noArguments) : styled("dl", "object terms", ...members.map(memberView)),
    element(
      "details",
      {},
      element("summary", {}, texts.evidence),
      styled(
        "ul",
        "evidence",
        ...requests.map(({ id, approved_at: at }) => element("li", {}, element("a", { href: `/a/${id}` }, id), ", ", dayView(at))),
      ),
    ),
    styled("div", "ways", choiceView({ kind: "draft", key: name, style: "primary", about }, texts.draft)),
  );
}

export const proposalsView = (items: readonly ProposalItem[]): ViewElement | null =>
  items.length === 0 ? null : styled("ul", "cards", ...items.map(proposalView));

/** In one sentence. */
export const proposalsText = (items: readonly ProposalItem[]): string => (items.length === 0 ? texts.none : texts.some);

/** Why people are asked, and which: what the rule says, the risk with its reasons, and all that narrows who decides and when. Pure, and signed. */
import { isV2, type RequestDocument, type RequestV2 } from "#countersign/documents/request.ts";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

/** Things in one sentence: `a, b and c`. */
const listed = (things: readonly View[][]): View[] =>
  things.flatMap((thing, i) => [i === 0 ? "" : i === things.length - 1 ? texts.judgement.and : ", ", ...thing]);

const named = (name: string): ViewElement => element("strong", {}, textView(name));

const line = (...views: View[]): ViewElement => element("p", {}, ...views);

/** What the agent says that it will do it with. */
function toolView({ context }: RequestDocument): ViewElement[] {
  const { tool, server } = context as RequestV2["context"];
  // Of a call more is known, and said by itself (call/call-view.ts).
  if (isCall(context)) return [];
  if (tool === undefined && server === undefined) return [];
  if (server === undefined) return [line(...texts.judgement.tool(named(tool ?? "")))];
  const at = textView(server.name);
  return [line(...(tool === undefined ? texts.judgement.someToolOf(at) : texts.judgement.toolOf(named(tool), at)))];
}

function askedForView({ policy, quorum, denials }: RequestV2): ViewElement {
  if (quorum.length === 0) return line(...texts.judgement.letsPass(named(policy.rule)));
  const slots = quorum.map(({ name, required }): View[] => texts.judgement.slot(required, textView(name)));
  const deny = texts.judgement.denials(denials);
  return line(...texts.judgement.asksFor(named(policy.rule), listed(slots)), deny);
}

function laterView({ quorum }: RequestV2, people: readonly MentionedPerson[]): ViewElement[] {
  const steps = new Map<string, Set<string>>();
  for (const { from, eligible } of quorum.flatMap(({ escalations }) => escalations)) {
    steps.set(from, new Set([...(steps.get(from) ?? []), ...eligible]));
  }
  return [...steps]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([from, ids]) => line(...texts.judgement.alsoFrom(timeView(from), listed([...ids].map((id) => [personView(id, people)])))));
}

function narrowedView({ context }: RequestV2, people: readonly MentionedPerson[]): ViewElement[] {
  const { window, separation, carried = [], observed = [] } = context;
  const hours =
    window &&
    line(
      texts.judgement.window(window.days === null ? texts.judgement.everyDay : window.days.join(", "), window.from, window.to, window.zone),
      window.open ? texts.judgement.judgedAgain : texts.judgement.askedOutside,
    );
  const keptOut = separation && line(...texts.judgement.keptOut(listed(separation.people.map((id) => [personView(id, people)]))));
  const unjudged = carried.length > 0 && line(...texts.judgement.carried(listed(carried.map((rule) => [textView(rule)]))));
  const would = observed.map(({ rule, effect }) => {
    const name = textView(rule);
    if (effect === "deny") return line(...texts.judgement.wouldDeny(name));
    return line(...(effect === "allow" ? texts.judgement.wouldAllow(name) : texts.judgement.wouldAsk(name)));
  });
  return [hours, keptOut, unjudged, ...would].filter((view) => typeof view === "object");
}

/** Whether the gate itself will do it, as a call of a server's tool. */
export const isCall = (context: RequestDocument["context"]): boolean => context["source"] === "call";

/** How risky the rule and what is known of the agent say it is, which stands before the words of the agent; null before a policy is published. */
export function riskView(request: RequestDocument): ViewElement | null {
  const risk = isV2(request) ? request.context.risk : undefined;
  if (risk === undefined) return null;
  const level = styled("strong", `risk ${risk.level}`, texts.judgement.levels[risk.level]);
  return element("section", { "aria-label": texts.judgement.risk }, line(level, " ", textView(risk.reasons.join(" "))));
}

/** Null where there is nothing to tell: version 0 of the policy asks any approver for everything. */
export function judgementView(request: RequestDocument, people: readonly MentionedPerson[]): ViewElement | null {
  const tool = toolView(request);
  if (!isV2(request)) return tool.length === 0 ? null : styled("div", "why", ...tool);
  return styled("div", "why", ...tool, askedForView(request), ...laterView(request, people), ...narrowedView(request, people));
}

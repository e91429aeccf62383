/** Why people are asked, and which: what the rule says, the risk with its reasons, and all that narrows who decides and when. Pure, and signed. */
import { isV2, type RequestDocument, type RequestV2 } from "#countersign/documents/request.ts";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** Things in one sentence: `a, b and c`. */
const listed = (things: readonly View[][]): View[] =>
  things.flatMap((thing, i) => [i === 0 ? "" : i === things.length - 1 ? " and " : ", ", ...thing]);

const named = (name: string): ViewElement => element("strong", {}, textView(name));

const line = (...views: View[]): ViewElement => element("p", {}, ...views);

/** What the agent says that it will do it with. */
function toolView({ context }: RequestDocument): ViewElement[] {
  const { tool, server } = context as RequestV2["context"];
  // Of a call more is known, and said by itself (call/call-view.ts).
  if (isCall(context)) return [];
  if (tool === undefined && server === undefined) return [];
  const what: View[] = tool === undefined ? ["With a tool"] : ["With the tool ", named(tool)];
  const at = server === undefined ? [] : [" of the server ", textView(server.name)];
  return [line(...what, ...at, ", as the agent says.")];
}

function askedForView({ policy, quorum, denials }: RequestV2): ViewElement {
  if (quorum.length === 0) return line("The rule ", named(policy.rule), " lets this pass without a person.");
  const slots = quorum.map(({ name, required }): View[] => [`${required} of `, textView(name)]);
  const deny = denials === 1 ? "" : ` It takes ${denials} denials to deny it.`;
  return line("The rule ", named(policy.rule), " asks for ", ...listed(slots), ".", deny);
}

function laterView({ quorum }: RequestV2, people: readonly MentionedPerson[]): ViewElement[] {
  const steps = new Map<string, Set<string>>();
  for (const { from, eligible } of quorum.flatMap(({ escalations }) => escalations)) {
    steps.set(from, new Set([...(steps.get(from) ?? []), ...eligible]));
  }
  return [...steps]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([from, ids]) => line("Also from ", timeView(from), ": ", ...listed([...ids].map((id) => [personView(id, people)])), "."));
}

function narrowedView({ context }: RequestV2, people: readonly MentionedPerson[]): ViewElement[] {
  const { window, separation, carried = [], observed = [] } = context;
  const hours =
    window &&
    line(
      `${window.days === null ? "Every day" : window.days.join(", ")}, ${window.from} to ${window.to} in ${window.zone}`,
      window.open ? "; it is judged again when it is used." : ": it was asked for outside of that.",
    );
  const keptOut =
    separation && line("Not asked, because the agent is theirs: ", ...listed(separation.people.map((id) => [personView(id, people)])), ".");
  const unjudged =
    carried.length > 0 &&
    line("What was sent does not fit the conditions of ", ...listed(carried.map((rule) => [textView(rule)])), ", so they count as met.");
  const would = observed.map(({ rule, effect }) =>
    line(
      "Only observed: ",
      textView(rule),
      effect === "deny" ? " would refuse it." : effect === "allow" ? " would let it pass." : " would ask.",
    ),
  );
  return [hours, keptOut, unjudged, ...would].filter((view) => typeof view === "object");
}

/** Whether the gate itself will do it, as a call of a server's tool. */
export const isCall = (context: RequestDocument["context"]): boolean => context["source"] === "call";

/** How risky the rule and what is known of the agent say it is, which stands before the words of the agent; null before a policy is published. */
export function riskView(request: RequestDocument): ViewElement | null {
  const risk = isV2(request) ? request.context.risk : undefined;
  if (risk === undefined) return null;
  const level = styled("strong", `risk ${risk.level}`, `${risk.level.charAt(0).toUpperCase()}${risk.level.slice(1)} risk`);
  return element("section", { "aria-label": "Risk" }, line(level, " ", textView(risk.reasons.join(" "))));
}

/** Null where there is nothing to tell: version 0 of the policy asks any approver for everything. */
export function judgementView(request: RequestDocument, people: readonly MentionedPerson[]): ViewElement | null {
  const tool = toolView(request);
  if (!isV2(request)) return tool.length === 0 ? null : styled("div", "why", ...tool);
  return styled("div", "why", ...tool, askedForView(request), ...laterView(request, people), ...narrowedView(request, people));
}

/** Which asks of before a policy would have judged otherwise. */
import type { ReplayedOutcome, ReplayedPolicy } from "#api/policy-data.ts";
import { timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

type ChangedAsk = ReplayedPolicy["changed"][number];

/** What several calls have found, together. */
export interface ReplayedSoFar {
  lookedAt: number;
  notLookedAt: number;
  changed: readonly ChangedAsk[];
}

const asks = (count: number): string => `${count} ${count === 1 ? "ask" : "asks"}`;

/** In one sentence. */
export function replayText({ lookedAt, notLookedAt, changed }: ReplayedSoFar): string {
  const missing = notLookedAt === 0 ? "" : ` ${asks(notLookedAt)} could not be looked at: what was asked for is not kept any more.`;
  if (lookedAt === 0) return `There is no ask yet to try this on.${missing}`;
  const found =
    changed.length === 0
      ? "none would have changed"
      : changed.length === 1
        ? "this one would have changed"
        : `these ${changed.length} would have changed`;
  return `Of the last ${asks(lookedAt)}, ${found}.${missing}`;
}

const EFFECTS: Readonly<Record<ReplayedOutcome["effect"], string>> = {
  allow: "Passes without people",
  require_approval: "Asks people",
  deny: "Is refused",
};

function outcomeView({ effect, rule, risk, slots, code }: ReplayedOutcome): View[] {
  const people = slots.map(({ required, eligible }) =>
    element("li", {}, `${required} of `, ...eligible.flatMap((name, index) => (index === 0 ? [textView(name)] : [", ", textView(name)]))),
  );
  return [
    element("strong", {}, EFFECTS[effect]),
    people.length === 0 ? "" : styled("ul", "slots", ...people),
    styled("p", "quiet", "Rule ", textView(rule), `, ${risk} risk`, code === null ? "" : `, ${code}`),
  ];
}

const changedRow = ({ action, agent, requested_at: at, version, before, after }: ChangedAsk): ViewElement =>
  element(
    "tr",
    {},
    element(
      "th",
      { scope: "row" },
      textView(action),
      styled("p", "quiet", textView(agent), ", ", timeView(at), `, judged by version ${version}`),
    ),
    element("td", {}, styled("span", "label", "Before: "), ...outcomeView(before)),
    element("td", {}, styled("span", "label", "After: "), ...outcomeView(after)),
  );

/** The table; null if nothing would have changed. */
export function replayView({ changed }: ReplayedSoFar): ViewElement | null {
  if (changed.length === 0) return null;
  const head = ["Ask", "Before", "After"].map((name) => element("th", { scope: "col" }, name));
  return element(
    "table",
    { class: "replay" },
    element("caption", { class: "unseen" }, "Asks that would have been judged otherwise"),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...changed.map(changedRow)),
  );
}

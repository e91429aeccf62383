/** Which asks of before a policy would have judged otherwise. */
import type { ReplayedOutcome, ReplayedPolicy } from "#api/policy-data.ts";
import { timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { policiesScriptTexts as texts } from "#texts/browser/policies.ts";

type ChangedAsk = ReplayedPolicy["changed"][number];

/** What several calls have found, together. */
export interface ReplayedSoFar {
  lookedAt: number;
  notLookedAt: number;
  changed: readonly ChangedAsk[];
}

/** In one sentence. */
export function replayText({ lookedAt, notLookedAt, changed }: ReplayedSoFar): string {
  const missing = notLookedAt === 0 ? "" : texts.replay.missing(notLookedAt);
  return (lookedAt === 0 ? texts.replay.none : texts.replay.found(lookedAt, changed.length)) + missing;
}

function outcomeView({ effect, rule, risk, slots, code }: ReplayedOutcome): View[] {
  const people = slots.map(({ required, eligible }) =>
    element(
      "li",
      {},
      ...texts.replay.slot(
        required,
        eligible.flatMap((name, index) => (index === 0 ? [textView(name)] : [", ", textView(name)])),
      ),
    ),
  );
  return [
    element("strong", {}, texts.replay.effects[effect]),
    people.length === 0 ? "" : styled("ul", "slots", ...people),
    styled("p", "quiet", ...texts.replay.rule(textView(rule), risk, code)),
  ];
}

const changedRow = ({ action, agent, requested_at: at, version, before, after }: ChangedAsk): ViewElement =>
  element(
    "tr",
    {},
    element("th", { scope: "row" }, textView(action), styled("p", "quiet", ...texts.replay.judged(textView(agent), timeView(at), version))),
    element("td", {}, styled("span", "label", texts.replay.before), ...outcomeView(before)),
    element("td", {}, styled("span", "label", texts.replay.after), ...outcomeView(after)),
  );

/** The table; null if nothing would have changed. */
export function replayView({ changed }: ReplayedSoFar): ViewElement | null {
  if (changed.length === 0) return null;
  const head = Object.values(texts.replay.columns).map((name) => element("th", { scope: "col" }, name));
  return element(
    "table",
    { class: "replay" },
    element("caption", { class: "unseen" }, texts.replay.caption),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...changed.map(changedRow)),
  );
}

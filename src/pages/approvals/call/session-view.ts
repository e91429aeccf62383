/** What this agent did lately, beside its request: nobody signs it, and it says so. Pure; made by the server alone. */
import { timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";

/** Something that an agent did. */
interface Step {
  at: string;
  /** Null for who may not see it. */
  what: string | null;
  status: string | null;
  request: string | null;
  isSameTrace: boolean;
  /** The name of another agent; null: of the one that asks. */
  agent: string | null;
}

export interface Lately {
  /** The last first. */
  steps: readonly Step[];
  /** Whether calls through the gateway could be read, if there are any. */
  isWhole: boolean;
}

/** Steps that stand open. */
const MOST_OPEN = 6;

const STATUS: Readonly<Record<string, string>> = {
  allowed: texts.session.passed,
  blocked: texts.session.refused,
  rate_limited: texts.session.tooOften,
  agent_stopped: texts.session.stopped,
  pending: texts.session.waiting,
  pending_approval: texts.session.waiting,
  unknown: texts.session.outcomeNotKnown,
};
/** What went wrong or was not wanted. */
const BAD = new Set(["blocked", "rate_limited", "agent_stopped", "denied", "failed", "unknown"]);

const wordOf = (status: string | null): string => (status === null ? texts.session.notInLog : (STATUS[status] ?? status));

function stepView({ at, what, status, request, isSameTrace, agent }: Step): ViewElement {
  const name = what === null ? styled("span", "quiet", texts.session.ofOthers) : textView(what);
  const link: View = request === null ? name : element("a", { href: `/a/${request}` }, name);
  const word = styled("span", BAD.has(status ?? "") ? "bad" : "quiet", wordOf(status));
  const who = agent === null ? null : styled("strong", "quiet", ...texts.session.by(textView(agent)));
  return element(
    "li",
    {},
    timeView(at),
    " ",
    link,
    " ",
    word,
    who,
    isSameTrace ? styled("strong", "quiet", texts.session.sameTrace) : null,
  );
}

/** `1 denied, 3 passed, 1 waiting`. */
function countsText(steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const { status } of steps) counts.set(wordOf(status), (counts.get(wordOf(status)) ?? 0) + 1);
  return [...counts]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");
}

/** The region "Session". */
export function sessionView({ steps, isWhole }: Lately): ViewElement {
  const [open, folded] = [steps.slice(0, MOST_OPEN), steps.slice(MOST_OPEN)];
  const others = steps.some(({ agent }) => agent !== null) ? texts.session.othersOfTrace : "";
  const list = (some: readonly Step[]): ViewElement | null =>
    some.length === 0 ? null : element("ul", { class: "steps" }, ...some.map(stepView));
  return element(
    "section",
    { id: "session", "aria-label": texts.session.session },
    element("h2", {}, texts.session.session),
    element(
      "p",
      { class: "quiet" },
      steps.length === 0 ? texts.session.nothingElse : texts.session.did(others, countsText(steps)),
      ...texts.session.notSigned(isWhole ? null : texts.session.notAllRead),
    ),
    list(open),
    folded.length === 0 ? null : element("details", {}, element("summary", {}, texts.session.earlier(folded.length)), list(folded)),
  );
}

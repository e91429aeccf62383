/**
 * How an approval stands, as views that replace each other while the page is open: who has signed, who is awaited, and
 * in the end the outcome. Pure. What never changes is request-view.ts.
 */
import {
  type ApprovalPageData,
  type ApprovalPageState,
  canDecide,
  isFinal,
  signaturesGiven,
  signaturesNeeded,
} from "#api/approval-page-data.ts";
import { eligiblePeople } from "#countersign/documents/request.ts";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

import { type Step, talkSteps } from "./talk/talk-view.ts";

const FINAL_WORDS = {
  approved: texts.progress.approved,
  denied: texts.progress.denied,
  expired: texts.progress.expired,
  cancelled: texts.progress.cancelled,
} as const;

/** The exact text of the page's status: a final word, `Signed, 1 of 2`, or nothing yet. */
export function statusText(data: ApprovalPageData, state: ApprovalPageState): string {
  if (state.status !== "pending" && state.status !== "settling") return FINAL_WORDS[state.status];
  if (state.status === "settling" || state.decisions.length === 0) return "";
  return texts.progress.signedSoFar(signaturesGiven(state), signaturesNeeded(data.request));
}

const ENDED_BY: Readonly<Record<string, string>> = {
  deadline: texts.progress.deadline,
  requester: texts.progress.requester,
  stop: texts.progress.stop,
  policy: texts.progress.policy,
  timeout: texts.progress.timeout,
  revocation: texts.progress.revocation,
};

const LOG_ENDED = texts.progress.logEnded;

/** What is stopped because its log has ended says that to the agent; a person's stop says nothing more. */
const endedBy = ({ ended_by: by, cancel_reason: reason }: ApprovalPageState): string =>
  by === "stop" && reason !== null ? LOG_ENDED : (ENDED_BY[by ?? ""] ?? texts.progress.mayNotAct);

function decisionView(data: ApprovalPageData, decision: ApprovalPageState["decisions"][number]): ViewElement {
  const at = timeView(decision.decided_at);
  const comment = decision.comment === null ? null : element("blockquote", { class: "said" }, textView(decision.comment));
  const person = personView(decision.id, data.people);
  const said = decision.verdict === "approved" ? texts.progress.hasApproved(person, at) : texts.progress.hasDenied(person, at);
  return element("li", {}, ...said, comment);
}

function awaitedPeople(data: ApprovalPageData, state: ApprovalPageState): string[] {
  const signed = new Set(state.decisions.map((decision) => decision.id));
  return [...eligiblePeople(data.request, data.now)].filter((id) => !signed.has(id));
}

function awaitedView(data: ApprovalPageData, state: ApprovalPageState): ViewElement | null {
  if (state.status !== "pending") return null;
  const missing = signaturesNeeded(data.request) - signaturesGiven(state);
  const awaited = awaitedPeople(data, state);
  const names = awaited.flatMap((id, i): View[] => [
    i === 0 ? "" : ", ",
    id === data.person.id ? texts.progress.you : personView(id, data.people),
  ]);
  return element("li", { class: "awaited" }, ...texts.progress.awaited(awaited.length, missing, names));
}

/** Why the agent withdrew it, in its own words, where it gave any. */
function cancelReasonView({ cancel_reason: reason, ended_by: by }: ApprovalPageState): ViewElement | null {
  if (reason === null || reason === "" || by !== "requester") return null;
  return styled(
    "li",
    "cancel-reason",
    element(
      "figure",
      { class: "reason" },
      element("figcaption", {}, texts.progress.withdrawn),
      element("blockquote", {}, textView(reason)),
    ),
  );
}

/** What happened before the end, in the order in which it happened. */
function stepsOf(data: ApprovalPageData, state: ApprovalPageState): ViewElement[] {
  const signed = state.decisions.map((decision): Step => ({ at: decision.decided_at, view: decisionView(data, decision) }));
  const steps = [...talkSteps(data, state), ...signed].toSorted((a, b) => Number(a.at > b.at) - Number(a.at < b.at));
  return steps.map(({ view }) => view);
}

/** What was said, who has signed and who is awaited, and why it was withdrawn: what others wrote stands here, not in the bar that lies over the page. */
export const signaturesView = (data: ApprovalPageData, state: ApprovalPageState): ViewElement =>
  element("ul", { id: "signatures", class: "signatures" }, ...stepsOf(data, state), awaitedView(data, state), cancelReasonView(state));

/** Who has signed so far, and whether this person's signature is still of use. */
function signedSoFarView(data: ApprovalPageData, state: ApprovalPageState): ViewElement | null {
  const [first, ...others] = state.decisions;
  if (first === undefined) return null;
  if (!canDecide(data, state)) return styled("p", "outcome", texts.progress.waitingForOthers);
  const missing = signaturesNeeded(data.request) - signaturesGiven(state);
  const asked = texts.progress.missing(missing);
  const person = personView(first.id, data.people);
  const allApprove = state.decisions.every(({ verdict }) => verdict === "approved");
  const said = allApprove
    ? texts.progress.haveSigned(person, others.length, asked)
    : texts.progress.haveDecided(person, others.length, asked);
  return styled("p", "outcome", element("span", {}, ...said));
}

/** What stands below the status; null while there is nothing to say. */
export function outcomeView(data: ApprovalPageData, state: ApprovalPageState): ViewElement | null {
  const signed = state.decisions.length > 0;
  if (state.status === "settling")
    return styled("p", "outcome", signed ? texts.progress.signedBeingRecorded : texts.progress.beingRecorded);
  if (!isFinal(state)) return signedSoFarView(data, state);
  const last = state.decisions.at(-1);
  const at = state.decided_at === null ? "" : timeView(state.decided_at);
  const ending: View[] =
    state.ended_by === "passkeys" && last !== undefined
      ? texts.progress.by(personView(last.id, data.people), at)
      : [endedBy(state), " ", styled("span", "quiet", at)];
  const receipt = element(
    "a",
    { class: "button quiet", href: `/api/v1/approvals/${data.request.id}/receipt`, download: `${data.request.id}.receipt.json` },
    texts.progress.receipt,
  );
  return styled("div", "outcome", element("p", {}, ...ending), receipt);
}

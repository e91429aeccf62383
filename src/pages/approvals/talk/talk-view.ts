/**
 * What was said before a request was decided, as steps of its story: each with its time, so that it stands between the signatures where it
 * belongs. What the agent wrote is shown as its own words. Pure; made again whenever the page learns more.
 */
import type { ApprovalPageData, ApprovalPageState } from "#api/approval-page-data.ts";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

/** A step of the story. */
export interface Step {
  at: string;
  view: ViewElement;
}

type Question = NonNullable<ApprovalPageState["questions"]>[number];

const NOT_KEPT = texts.talk.notKept;

const saidView = (caption: View, text: string | null): ViewElement =>
  element(
    "figure",
    { class: "reason" },
    element("figcaption", {}, caption),
    text === null ? element("p", {}, NOT_KEPT) : element("blockquote", {}, textView(text)),
  );

function questionSteps({ request, people }: ApprovalPageData, { text, by, asked_at: at, answer }: Question, isOpen: boolean): Step[] {
  const words = text === null ? element("p", {}, NOT_KEPT) : element("blockquote", { class: "said" }, textView(text));
  const agent = textView(request.requested_by.name);
  const awaited = isOpen && text !== null ? [styled("p", "quiet", texts.talk.notAnswered)] : [];
  const asked = element(
    "li",
    {},
    ...texts.talk.askedBack(personView(by.id, people), timeView(at)),
    words,
    ...(answer === null ? awaited : []),
  );
  if (answer === null) return [{ at, view: asked }];
  const answered = element("li", {}, ...texts.talk.answered(agent, timeView(answer.at)), saidView(texts.talk.ownWords, answer.text));
  return [
    { at, view: asked },
    { at: answer.at, view: answered },
  ];
}

const pickStep = ({ people }: ApprovalPageData, { by, at }: NonNullable<ApprovalPageState["wrong_picks"]>[number]): Step => ({
  at,
  view: element("li", {}, ...texts.talk.pickedAnotherNumber(personView(by.id, people), timeView(at))),
});

const extensionStep = ({ people }: ApprovalPageData, { by, until, at }: NonNullable<ApprovalPageState["extended"]>[number]): Step => ({
  at,
  view: element("li", {}, ...texts.talk.gaveMoreTime(personView(by.id, people), timeView(until), timeView(at))),
});

/** What people asked and the agent answered, what was picked wrong, and who gave more time. */
export const talkSteps = (data: ApprovalPageData, state: ApprovalPageState): Step[] => [
  ...(state.questions ?? []).flatMap((question) => questionSteps(data, question, state.status === "pending")),
  ...(state.wrong_picks ?? []).map((pick) => pickStep(data, pick)),
  ...(state.extended ?? []).map((one) => extensionStep(data, one)),
];

/** Asks the agent something, and says how that stands; the question itself appears in the timeline once the log has it. */
import { type ApprovalPageData, type ApprovalPageState, approvalPageStateShape, mayAskBack } from "#api/approval-page-data.ts";
import { byId, control, tell } from "#pages/kit/browser/page.ts";
import { post } from "#pages/kit/browser/post.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

const TOLD = "ask-back-told";
const BEING_RECORDED = texts.askBack.beingRecorded;
const EMPTY = texts.askBack.writeFirst;
const NOT_KNOWN = texts.askBack.noAnswer;

export interface AskingBack {
  /** Says whether one can ask now. */
  show(state: ApprovalPageState): void;
}

/** `take` hears of the state that comes with the answer. */
export function askingBack({ request }: Pick<ApprovalPageData, "request">, take: (state: ApprovalPageState) => void): AskingBack {
  const field = control("question", HTMLTextAreaElement);
  const button = control("ask-back-button", HTMLButtonElement);
  let [isSending, canAsk] = [false, true];
  const update = (): void => {
    button.disabled = isSending || !canAsk;
  };

  const send = async (): Promise<void> => {
    const question = field.value.trim().toWellFormed();
    if (question === "") {
      tell(EMPTY, TOLD);
      field.focus();
      return;
    }
    isSending = true;
    update();
    tell("", TOLD);
    const answer = await post(`/a/${request.id}/question`, { question }, approvalPageStateShape);
    isSending = false;
    if (answer.ok) {
      field.value = "";
      const isThere = answer.value.questions?.some(({ text }) => text === question) === true;
      tell(isThere ? "" : BEING_RECORDED, TOLD);
      take(answer.value);
    } else tell(answer.refusal.isKnown ? answer.refusal.detail : NOT_KNOWN, TOLD);
    update();
  };

  control("ask-back", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.disabled) void send();
  });
  update();
  return {
    show(state) {
      // Once nobody decides any more, it is gone.
      if (!button.isConnected) return;
      canAsk = mayAskBack(state);
      if (!canAsk && byId(TOLD).textContent === BEING_RECORDED) tell("", TOLD);
      update();
    },
  };
}

/** "Ask back": a question to the agent before deciding. Nothing of it is signed. Its script is browser/approval/ask-back.ts. */
import type { FC } from "hono/jsx";
import { LONGEST_QUESTION } from "#api/approval-page-data.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";

export const AskBack: FC = () => (
  <form id="ask-back" class="ask-back" data-live>
    <div class="field">
      <label for="question">{texts.askBack.question}</label>
      <textarea id="question" rows={1} maxlength={LONGEST_QUESTION} aria-describedby="question-hint"></textarea>
      <p class="hint" id="question-hint">
        {texts.askBack.about}
      </p>
    </div>
    <button type="submit" class="quiet" id="ask-back-button" disabled>
      {texts.askBack.askBack}
    </button>
    <p id="ask-back-told" class="message" role="status" hidden></p>
  </form>
);

/**
 * The comment of a decision, with words at hand for a denial while one is in it, where its hint stands otherwise: so the bar gets no higher. From
 * the comment the next stop is Deny, and the one before it these words. Their script is browser/approval/talk/presets.ts.
 */
import type { FC } from "hono/jsx";
import { approvalsTexts as texts } from "#texts/approvals.ts";

/** Characters of a comment. */
export const MAX_COMMENT_LENGTH = 1_000;

const PRESETS = [
  texts.comment.wrongTarget,
  texts.comment.tooBroad,
  texts.comment.notNow,
  texts.comment.notNeeded,
  texts.comment.askMeFirst,
] as const;

export const Comment: FC = () => (
  <div class="field" id="comment-field" data-live>
    <label for="comment">{texts.comment.comment}</label>
    <div class="presets" id="presets" role="group" aria-label={texts.comment.reasonsToDeny}>
      {PRESETS.map((words) => (
        <button type="button" class="quiet" data-preset={words}>
          {words}
        </button>
      ))}
    </div>
    <textarea
      id="comment"
      rows={1}
      maxlength={MAX_COMMENT_LENGTH}
      placeholder={texts.comment.optional}
      aria-describedby="comment-hint"
    ></textarea>
    <p class="hint" id="comment-hint">
      {texts.comment.whoReads}
    </p>
  </div>
);

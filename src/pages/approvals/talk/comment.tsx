/** The comment of a decision, with words at hand for a denial: a no that says why takes five seconds. Its script is browser/approval/presets.ts. */
import type { FC } from "hono/jsx";

/** Characters of a comment. */
export const MAX_COMMENT_LENGTH = 1_000;

const PRESETS = ["Wrong target", "Too broad", "Not now", "Not needed", "Ask me first"] as const;

export const Comment: FC = () => (
  <div class="field" id="comment-field" data-live>
    <label for="comment">Comment</label>
    <textarea id="comment" rows={1} maxlength={MAX_COMMENT_LENGTH} placeholder="Optional" aria-describedby="comment-hint"></textarea>
    <p class="hint" id="comment-hint">
      The agent and everyone with the receipt can read it.
    </p>
    <div class="presets" id="presets" role="group" aria-label="Reasons to deny">
      {PRESETS.map((words) => (
        <button type="button" class="quiet" data-preset={words}>
          {words}
        </button>
      ))}
    </div>
  </div>
);

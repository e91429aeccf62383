/**
 * "Propose a change": the payload as whoever denies would let it pass, sent with the denial. It is not signed and allows nothing. Its
 * script is browser/approval/talk/propose-change.ts.
 */
import type { FC } from "hono/jsx";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";

export const ProposeChange: FC<{ payload: JsonObject | null }> = ({ payload }) => (
  <section id="propose" class="propose" aria-label={texts.proposeChange.title} data-live>
    <button type="button" class="quiet" id="propose-button" aria-expanded="false" aria-controls="propose-fields" disabled>
      {texts.proposeChange.title}
    </button>
    <div id="propose-fields" hidden>
      <div class="field">
        <label for="proposal">{texts.proposeChange.payload}</label>
        <textarea id="proposal" rows={8} spellcheck={false} autocomplete="off" aria-describedby="proposal-hint proposal-wrong">
          {JSON.stringify(payload, null, 2)}
        </textarea>
        <p class="hint" id="proposal-hint">
          {texts.proposeChange.hint}
        </p>
        <p class="error" id="proposal-wrong" hidden></p>
      </div>
      <div id="proposal-differs" aria-live="polite"></div>
    </div>
  </section>
);

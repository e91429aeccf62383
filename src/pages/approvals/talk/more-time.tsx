/** "Give more time", near the end of the time there is. Its script is browser/approval/talk/more-time.ts, which shows it when it is time. */
import type { FC } from "hono/jsx";
import { timeView } from "#pages/kit/row-view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";

export const GiveMoreTime: FC<{ until: string }> = ({ until }) => (
  <div id="more-time" class="more-time" hidden>
    <button type="button" class="quiet" id="more-time-button">
      {texts.moreTime.giveMoreTime}
    </button>{" "}
    <span id="more-time-until">{texts.moreTime.until(toJsx(timeView(until)))}</span>
    <p id="more-time-told" class="message" role="status" hidden></p>
  </div>
);

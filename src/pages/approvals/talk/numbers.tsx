/** Number matching: whoever approves picks the number that the agent shows. Nothing here says which it is. Its script is browser/approval/numbers.ts. */
import type { FC } from "hono/jsx";
import { approvalsTexts as texts } from "#texts/approvals.ts";

export const Numbers: FC<{ numbers: readonly string[] }> = ({ numbers }) => (
  <fieldset id="numbers" class="numbers" aria-describedby="numbers-hint" data-live>
    <legend>{texts.numbers.title}</legend>
    {numbers.map((number) => (
      <button type="button" data-number={number} aria-pressed="false" disabled>
        {number}
      </button>
    ))}
    <p id="numbers-hint">{texts.numbers.hint}</p>
  </fieldset>
);

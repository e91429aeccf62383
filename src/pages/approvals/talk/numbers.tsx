/** Number matching: whoever approves picks the number that the agent shows. Nothing here says which it is. Its script is browser/approval/numbers.ts. */
import type { FC } from "hono/jsx";

export const Numbers: FC<{ numbers: readonly string[] }> = ({ numbers }) => (
  <fieldset id="numbers" class="numbers" data-live>
    <legend>Number that the agent shows</legend>
    {numbers.map((number) => (
      <button type="button" data-number={number} aria-pressed="false" disabled>
        {number}
      </button>
    ))}
  </fieldset>
);

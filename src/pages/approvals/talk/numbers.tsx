/** Number matching: whoever approves picks the number that the agent shows. Nothing here says which it is. Its script is browser/approval/numbers.ts. */
import type { FC } from "hono/jsx";

export const Numbers: FC<{ numbers: readonly string[] }> = ({ numbers }) => (
  <fieldset id="numbers" class="numbers" aria-describedby="numbers-hint" data-live>
    <legend>Number that the agent shows</legend>
    {numbers.map((number) => (
      <button type="button" data-number={number} aria-pressed="false" disabled>
        {number}
      </button>
    ))}
    <p id="numbers-hint">Read it in the agent’s own window. A number that somebody writes on this page does not count.</p>
  </fieldset>
);

/** Something to copy: shown as text, with a button that copies it (kit/browser/copy.ts). */
import type { FC } from "hono/jsx";

/** `id`: of the element with the text, which a script fills where none is given; `copies`: the button's name. */
export const Snippet: FC<{ id: string; title: string; copies: string; text?: string }> = ({ id, title, copies, text }) => (
  <section class="snippet" aria-labelledby={`${id}-title`}>
    <h3 id={`${id}-title`}>{title}</h3>
    <pre id={id} tabindex={0} aria-labelledby={`${id}-title`}>
      {text}
    </pre>
    <button type="button" data-copy={id}>
      {copies}
    </button>
  </section>
);

/** Where copying says that it was done. Once a page. */
export const Copied: FC = () => <p class="quiet" id="copied" aria-live="polite"></p>;

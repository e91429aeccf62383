/** One dialog for everything that asks first; its script is kit/browser/ask-to-confirm.ts. */
import type { FC } from "hono/jsx";
import { Message } from "./layout.tsx";

export const ConfirmDialog: FC = () => (
  <dialog id="confirm" aria-labelledby="confirm-title">
    <h2 id="confirm-title"></h2>
    <p id="confirm-text"></p>
    <Message id="confirm-message" />
    <div class="buttons">
      <button type="button" id="confirm-keep">
        Keep
      </button>
      <button type="button" id="confirm-do" class="danger"></button>
    </div>
  </dialog>
);

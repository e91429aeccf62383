/** What is asked before something is done. The scripts are kit/browser/dialogs.ts. */
import type { Child, FC } from "hono/jsx";
import { kitTexts as texts } from "#texts/kit.ts";
import { Message } from "./layout.tsx";

/** One dialog for everything that only asks first; its words come from the script. Once a page. */
export const ConfirmDialog: FC = () => (
  <dialog id="confirm" aria-labelledby="confirm-title">
    <h2 id="confirm-title"></h2>
    <p id="confirm-text"></p>
    <Message id="confirm-message" />
    <div class="buttons">
      <button type="button" id="confirm-keep">
        {texts.dialogs.keep}
      </button>
      <button type="button" id="confirm-do" class="danger"></button>
    </div>
  </dialog>
);

interface FormDialogProps {
  id: string;
  /** Left out where the script fills it. */
  title?: string;
  /** The name of the button that does it. */
  verb: string;
  /** What stands below the buttons. */
  hint?: string;
  children?: Child;
}

/** A dialog with fields to fill in. */
export const FormDialog: FC<FormDialogProps> = ({ id, title, verb, hint, children }) => (
  <dialog id={id} aria-labelledby={`${id}-title`}>
    <form id={`${id}-form`} novalidate>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
      <Message id={`${id}-message`} />
      <div class="buttons">
        <button type="button" id={`${id}-keep`}>
          {texts.dialogs.keep}
        </button>
        <button type="submit" class="primary">
          {verb}
        </button>
      </div>
      {hint === undefined ? null : <p class="hint">{hint}</p>}
    </form>
  </dialog>
);

/** A text field with its label, its hint, and the place where a script says what is wrong with it. */
import type { Child, FC, JSX } from "hono/jsx";

interface FieldProps extends Omit<JSX.IntrinsicElements["input"], "id"> {
  id: string;
  label: string;
  hint: Child;
  /** Whether what was entered can be refused; told with `tellField` of kit/browser/page.ts. */
  refusable?: boolean;
  /** Of a field for more than one line. */
  rows?: number;
  /** What a field for more than one line holds. */
  children?: Child;
}

export const Field: FC<FieldProps> = ({ id, label, hint, refusable = false, rows, children, ...attributes }) => {
  const about = refusable ? `${id}-hint ${id}-error` : `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined ? (
        <input id={id} aria-describedby={about} {...attributes} />
      ) : (
        <textarea id={id} rows={rows} aria-describedby={about} {...attributes}>
          {children}
        </textarea>
      )}
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
      {refusable ? <p class="error" id={`${id}-error`} hidden></p> : null}
    </div>
  );
};

/**
 * The comment that is being written, kept in this tab: a reload, or signing in again after one was signed out, loses no word of it. Where
 * the browser keeps nothing, it is as good as not there.
 */

const keyOf = (requestId: string): string => `countersign-comment-${requestId}`;

/** Fills the field with what was written before, and keeps what is written from now on. */
export function keepComment(field: HTMLTextAreaElement, requestId: string): void {
  try {
    const before = sessionStorage.getItem(keyOf(requestId)) ?? "";
    if (field.value === "") field.value = before;
  } catch {
    return;
  }
  field.addEventListener("input", () => {
    try {
      sessionStorage.setItem(keyOf(requestId), field.value);
    } catch {
      // Full, or refused: it stays in the field.
    }
  });
}

/** Forgets it, once it was sent or nobody needs it any more. */
export function forgetComment(requestId: string): void {
  try {
    sessionStorage.removeItem(keyOf(requestId));
  } catch {
    // Nothing was kept.
  }
}

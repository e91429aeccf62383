/** Words for a denial, put into the comment with one press: where something is written already, behind it. */
import { onChosen } from "#pages/kit/browser/page.ts";

export function offerPresets(place: HTMLElement, field: HTMLTextAreaElement): void {
  const all = [...place.querySelectorAll<HTMLElement>("[data-preset]")].map(({ dataset }) => dataset["preset"] ?? "");
  onChosen(place, "preset", (words) => {
    if (field.readOnly) return;
    const written = field.value.trim();
    // One is exchanged for another, and what one has written oneself stays.
    field.value = written === "" || all.includes(written) ? words : `${written} ${words}`.slice(0, field.maxLength);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}

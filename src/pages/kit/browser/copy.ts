/** The buttons of snippet.tsx. */
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";
import { byId, onClick } from "./page.ts";

/** Makes every copy button of the page work; where the browser does not allow it, the text is selected instead. */
export function bindCopy(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    onClick(button, async () => {
      const source = byId(button.dataset["copy"] ?? "");
      try {
        await navigator.clipboard.writeText(source.textContent ?? "");
        byId("copied").textContent = texts.copy.copied;
      } catch {
        getSelection()?.selectAllChildren(source);
        byId("copied").textContent = texts.copy.selected;
      }
    });
  }
}

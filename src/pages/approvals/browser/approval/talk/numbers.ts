/** Which number is picked. It goes with an approval, and is judged by the service alone. */
import { type ApprovalPageData, type ApprovalPageState, mayOnlyDeny } from "#api/approval-page-data.ts";
import { onChosen } from "#pages/kit/browser/page.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

const PICK = texts.numbers.pick;
const ONLY_DENY = texts.numbers.pickedWrong;

export class PickedNumber {
  readonly #data: ApprovalPageData;
  readonly #place: HTMLElement | null;
  #picked: string | null = null;

  /** `changed`: called whenever another one is picked. */
  constructor(data: ApprovalPageData, changed: () => void) {
    this.#data = data;
    this.#place = data.numbers === undefined ? null : document.getElementById("numbers");
    if (this.#place === null) return;
    onChosen(this.#place, "number", (number) => {
      this.#picked = number;
      this.#show();
      changed();
    });
  }

  /** What goes with an approval; null where there is nothing to pick. */
  get picked(): string | null {
    return this.#picked;
  }

  /** What keeps one from approving; null if nothing does. */
  obstacle(state: ApprovalPageState): string | null {
    if (this.#data.numbers === undefined) return null;
    if (mayOnlyDeny(this.#data, state)) return ONLY_DENY;
    return this.#picked === null ? PICK : null;
  }

  /** Takes back what was picked, after it was wrong. */
  reset(): void {
    this.#picked = null;
    this.#show();
  }

  setDisabled(isDisabled: boolean): void {
    for (const button of this.#buttons()) button.disabled = isDisabled;
  }

  #show(): void {
    for (const button of this.#buttons()) button.setAttribute("aria-pressed", String(button.dataset["number"] === this.#picked));
  }

  #buttons(): HTMLButtonElement[] {
    return [...(this.#place?.querySelectorAll("button") ?? [])];
  }
}

/** What is proposed with a denial: read strictly, as the service reads it, and compared with what was asked for while it is written. */
import { canonicalize, type JsonObject, parseJson, readPayload } from "#countersign/json/canonical-json.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import { byId, control, tell } from "#pages/kit/browser/page.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";
import { changesView } from "../../../talk/changes-view.ts";

const WRONG = "proposal-wrong";

export class ProposingChange {
  readonly #asked: JsonObject;
  #isOpen = false;
  #proposed: JsonObject | null = null;

  /** `changed`: called whenever something else is proposed. */
  constructor({ payload }: Pick<ApprovalPageData, "payload">, changed: () => void) {
    this.#asked = payload ?? {};
    const button = control("propose-button", HTMLButtonElement);
    button.disabled = false;
    button.addEventListener("click", () => {
      this.#isOpen = !this.#isOpen;
      button.setAttribute("aria-expanded", String(this.#isOpen));
      byId("propose-fields").hidden = !this.#isOpen;
      if (this.#isOpen) control("proposal", HTMLTextAreaElement).focus();
      this.#read();
      changed();
    });
    control("proposal", HTMLTextAreaElement).addEventListener("input", () => {
      this.#read();
      changed();
    });
  }

  /** What goes with a denial; null for nothing. */
  get chosen(): JsonObject | null {
    return this.#isOpen ? this.#proposed : null;
  }

  /** What keeps one from denying with it; null if nothing does. */
  get obstacle(): string | null {
    return this.#isOpen && byId(WRONG).textContent !== "" ? texts.proposeChange.cannotBeRead : null;
  }

  setReadOnly(isReadOnly: boolean): void {
    control("proposal", HTMLTextAreaElement).readOnly = isReadOnly;
  }

  #read(): void {
    const written = parseJson(control("proposal", HTMLTextAreaElement).value);
    const payload = written.ok ? readPayload(written.value) : written;
    const differs = byId("proposal-differs");
    tell(payload.ok ? "" : texts.proposeChange.notPayload(payload.refusal.message), WRONG);
    if (!payload.ok) {
      this.#proposed = null;
      differs.replaceChildren();
      return;
    }
    const isChanged = canonicalize(payload.value) !== canonicalize(this.#asked);
    this.#proposed = isChanged ? payload.value : null;
    differs.replaceChildren(...(isChanged ? [toDom(changesView(this.#asked, payload.value))] : []));
  }
}

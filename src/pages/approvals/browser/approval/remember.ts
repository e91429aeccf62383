/** What is chosen in "RememberChoice this approval", and said in words as it is chosen: those words, and nothing else, are what is signed. */
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { checkGrantShown, spanShown } from "#countersign/grants/check-grant-shown.ts";
import { actionShown, chooseGrant, type GrantChoice, grantIdOf } from "#countersign/grants/choose-grant.ts";
import type { GrantedAction } from "#countersign/grants/granted-action.ts";
import { membersByPointer } from "#countersign/grants/pointer.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { byId, control, tell } from "#pages/kit/browser/page.ts";
import { isShown, toDom } from "#pages/kit/browser/view-dom.ts";
import { grantView } from "#pages/kit/value/grant-view.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

/** What is to be given with an approval, and what of it is sent. */
export interface Remembered {
  grant: Grant;
  choice: GrantChoice;
}

/** Why nothing can be signed with what is chosen. */
export type ChoiceRefusal = { reason: "not-valid"; message: string } | { reason: "not-shown" };

type Bound = Grant["free"][number]["bound"];

const NOT_SIGNED = texts.remember.lookAgain;

export class RememberChoice {
  readonly #data: ApprovalPageData;
  readonly #shown: GrantedAction | null;

  /** `changed`: called whenever something else is chosen. */
  constructor(data: ApprovalPageData, changed: () => void) {
    this.#data = data;
    const { request, payload, remember, now } = data;
    this.#shown = remember === undefined || payload === null ? null : actionShown(request, payload, Date.parse(now));
    if (this.#shown === null) return;
    control("remember-on", HTMLInputElement).disabled = false;
    byId("remember").addEventListener("input", () => {
      this.#show();
      changed();
    });
    this.#show();
  }

  /** What is chosen now, in short: for those who do not see the words. */
  get summary(): string | null {
    const chosen = this.#grant("");
    if (chosen === null) return null;
    if (!chosen.ok) return texts.remember.notValid;
    const { uses } = chosen.value.grant;
    return texts.remember.andLetPass(uses);
  }

  /** What is signed beside an approval with this nonce; null for nothing. */
  chosen(nonce: string): Result<Remembered, ChoiceRefusal> | null {
    const chosen = this.#grant(nonce);
    if (chosen === null) return null;
    if (!chosen.ok) return refuse({ reason: "not-valid", message: `${NOT_SIGNED}: ${chosen.refusal}.` });
    return isShown(this.#words(chosen.value.grant)) ? accept(chosen.value) : refuse({ reason: "not-shown" });
  }

  #words(grant: Grant) {
    const { requested_by, action } = this.#data.request;
    return grantView(grant, { agent: requested_by.name, action });
  }

  #show(): void {
    const isOn = control("remember-on", HTMLInputElement).checked;
    byId("remember-choices").hidden = !isOn;
    for (const area of byId("remember").querySelectorAll("textarea")) {
      area.hidden = area.parentElement?.querySelector("select")?.value !== "one-of";
    }
    const chosen = this.#grant("");
    if (chosen === null) return;
    tell(chosen.ok ? "" : texts.remember.cannotBeSigned(chosen.refusal), "grant-wrong");
    if (chosen.ok) byId("grant-words").replaceWith(toDom(this.#words(chosen.value.grant)));
    else byId("grant-words").replaceChildren();
  }

  #grant(nonce: string): Result<Remembered, string> | null {
    const { remember, now } = this.#data;
    if (this.#shown === null || remember === undefined || !control("remember-on", HTMLInputElement).checked) return null;
    // Built from what this page shows, also where it has to be what somebody before has signed: anything else is not shown, nor signed.
    const choice = remember.same === null ? this.#choice(this.#shown, nonce, now) : choiceOf(remember.same);
    const grant = chooseGrant(choice, this.#shown);
    const checked = checkGrantShown(grant, this.#shown, { for: remember.for, uses: remember.uses });
    return checked.ok ? accept({ grant, choice }) : refuse(`${checked.refusal.place}: ${checked.refusal.message}`);
  }

  #choice(shown: GrantedAction, nonce: string, now: string): GrantChoice {
    return {
      id: grantIdOf(nonce),
      free: this.#free(shown),
      uses: control("grant-uses", HTMLInputElement).valueAsNumber,
      until: timestamp(Date.parse(now) + Number(control("grant-until", HTMLSelectElement).value) * 1_000),
    };
  }

  #free({ args }: GrantedAction): Grant["free"] {
    const values = membersByPointer(args);
    return [...byId("remember").querySelectorAll<HTMLElement>("[data-pointer]")].flatMap((member) => {
      const pointer = member.dataset["pointer"] ?? "";
      const value = values.get(pointer);
      const bound = boundOf(member, typeof value === "number" ? value : null);
      return bound === null ? [] : [{ pointer, bound }];
    });
  }
}

const choiceOf = ({ id, free, uses, until }: Grant): GrantChoice => ({ id, free, uses, until });

function boundOf(member: HTMLElement, value: number | null): Bound | null {
  switch (member.querySelector("select")?.value) {
    case "any":
      return "any";
    case "span":
      return value === null ? null : spanShown(value);
    case "one-of":
      return { one_of: (member.querySelector("textarea")?.value ?? "").split("\n").filter((line) => line !== "") };
    default:
      return null;
  }
}

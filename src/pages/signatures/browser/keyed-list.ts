/**
 * A page that lists what has a key of its own, shown once when it is made: what admins sign for, with another one where two have to, take
 * their signature back from, and revoke. Of an answer that did not come the list, read again, says what came of the call.
 */
import type { Shape } from "#countersign/json/shape.ts";
import type { Question } from "#pages/kit/browser/dialogs.ts";
import { byId, explainFields, onChosen, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { get, type Problem, remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { signaturesTexts as texts } from "#texts/browser/signatures.ts";
import { takingBack } from "./take-back.ts";

interface Listed {
  items: readonly { id: string; revoked_at: string | null }[];
  waiting: readonly Proposed[];
}
interface Proposed {
  id: string;
  operation: string;
  signed_by: readonly string[];
}

/** What a page says of its things, and how it asks. */
export interface KeyedThing<List extends Listed> {
  /** `/api/v1/agents`, and what it answers with. */
  path: string;
  shape: Shape<List>;
  /** Id of the admin whose page this is. */
  person: string;
  /** What to tell where it was made and its key did not arrive. */
  keyLost: string;
  /** What is revoked: `agent`. */
  noun: string;
  /** What revoking does. */
  revoking: string;
  ask: (question: Question) => void;
  /** Whatever else of this list waits for another signature. */
  alsoWaiting?: (list: List) => readonly Pick<Proposed, "operation" | "signed_by">[];
}

/** What came of making one: itself, what to tell, or null where it waits for another signature. */
export type Making<Created> = Created | { told: string } | null;

export class KeyedList<List extends Listed> {
  readonly #thing: KeyedThing<List>;

  constructor(thing: KeyedThing<List>) {
    this.#thing = thing;
  }

  /** What to tell after `problem`; null if the list, read again, shows that it is done. */
  #toldAfter(problem: Problem, messageId: string, isDone: (list: List) => boolean): Promise<string | null> {
    const { path, shape } = this.#thing;
    const reread = async () => {
      const list = await get(path, new AbortController().signal, shape);
      return list.ok ? isDone(list.value) : null;
    };
    return toldOf(problem, reread, messageId);
  }

  /** What became of making the one of this id, which did not come back as made. */
  async lost(problem: Problem, id: string): Promise<{ told: string } | null> {
    if (problem.isKnown) return { told: explainFields(problem) };
    const { person, keyLost } = this.#thing;
    let isMade = false;
    const told = await this.#toldAfter(problem, "message", ({ items, waiting }) => {
      isMade = items.some((one) => one.id === id);
      return isMade || waiting.some((one) => one.id === id && one.signed_by.includes(person));
    });
    if (told !== null) return { told };
    return isMade ? { told: keyLost } : null;
  }

  /** Signing as the second admin, which makes it: `create` from what the button says of it. */
  bindSigning<Created extends object>(create: (of: DOMStringMap) => Promise<Making<Created>>, show: (created: Created) => void): void {
    const sign = async (button: HTMLElement): Promise<void> => {
      tell("");
      const outcome = await create(button.dataset);
      if (outcome === null) return location.reload();
      if ("told" in outcome) {
        tell(outcome.told);
        return byId("message").scrollIntoView({ block: "nearest" });
      }
      this.#gone(button);
      show(outcome);
    };
    onChosen(byId("waiting"), "sign", (_, button) => void whileBusy(button, () => sign(button)));
  }

  /** Taking back one's own signature, which leaves nothing that waits: two admins at most sign. */
  bindTakingBack(): void {
    const { ask, person, alsoWaiting = () => [] } = this.#thing;
    onChosen(byId("waiting"), "take-back", (operation, button) => {
      const isTakenBack = (list: List): boolean =>
        ![...list.waiting, ...alsoWaiting(list)].some((one) => one.operation === operation && one.signed_by.includes(person));
      ask(takingBack(operation, (path) => this.#remove(path, isTakenBack, () => this.#gone(button))));
    });
  }

  /** `list`: where what can be revoked stands. */
  bindRevoking(list: HTMLElement): void {
    const { path, noun, revoking, ask } = this.#thing;
    onChosen(list, "revoke", (id, button) => {
      const isRevoked = ({ items }: List): boolean => items.some((one) => one.id === id && one.revoked_at !== null);
      ask({
        title: texts.list.title(document.getElementById(`name-${id}`)?.textContent ?? ""),
        text: texts.list.cannotBeUndone(revoking),
        verb: texts.list.verb(noun),
        act: () => this.#remove(`${path}/${id}`, isRevoked, () => button.parentElement?.replaceChildren(texts.list.revokedJustNow)),
      });
    });
  }

  /** Gives what to tell; nothing where it is done. */
  async #remove(path: string, isDone: (list: List) => boolean, done: () => void): Promise<string> {
    const answer = await remove(path);
    const told = answer.ok ? null : await this.#toldAfter(answer.refusal, "confirm-message", isDone);
    if (told === null) done();
    return told ?? "";
  }

  #gone(button: HTMLElement): void {
    button.closest("li")?.remove();
    byId("waiting").hidden = document.querySelector("#waiting li") === null;
  }
}

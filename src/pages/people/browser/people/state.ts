/**
 * What `/admin/people` shows: read from its data block, then from the service after each change. The page is made from it
 * again each time, so that what is shown is what signatures are compared with.
 */
import { timestamp } from "#countersign/documents/words.ts";
import type { PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import { invitesShape, PEOPLE_BLOCK_ID, peopleBlockShape, peopleShape } from "#api/people-shapes.ts";
import { type PeopleState, peopleViews, proposalKey } from "../../people-view.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { get } from "#pages/kit/browser/post.ts";
import { isShown, show } from "#pages/kit/browser/view-dom.ts";

export class PeopleOnPage {
  #state: PeopleState;

  /** `viewer`: id of the admin whose page this is. Throws if the data block is not what the server makes. */
  constructor(viewer: string) {
    const read = readDataBlock(PEOPLE_BLOCK_ID, peopleBlockShape);
    if (!read.ok) throw new Error(read.refusal);
    this.#state = { ...read.value, viewer, said: null };
    this.#render();
  }

  get viewer(): string {
    return this.#state.viewer;
  }

  person(id: string): PersonItem {
    return found(this.#state.people.find((person) => person.id === id));
  }

  /** A waiting passkey and whose it is. */
  waiting(credentialId: string): { person: PersonItem; passkey: WaitingPasskeyItem } {
    const person = found(this.#state.people.find(({ waiting }) => waiting.some((one) => one.credential_id === credentialId)));
    return { person, passkey: found(person.waiting.find((one) => one.credential_id === credentialId)) };
  }

  /** Roles that another admin has signed for, by their key in the page. */
  proposal(key: string): { person: PersonItem; proposed: ProposedRoles } {
    const all = this.#state.people.flatMap((person) => person.proposed_roles.map((proposed) => ({ person, proposed })));
    return found(all.find(({ person, proposed }) => proposalKey(person, proposed) === key));
  }

  /** Whose confirmed passkey it is. */
  holder(credentialId: string): PersonItem {
    return found(this.#state.people.find(({ passkeys }) => passkeys.some((one) => one.credential_id === credentialId)));
  }

  /** Whether the page shows exactly this state, every list of it. */
  isShown(): boolean {
    return Object.values(peopleViews(this.#state)).every(isShown);
  }

  /** Says, beside what it is about, what became of a signature; empty takes it back. */
  say(about: string, text: string): void {
    this.#state = { ...this.#state, said: text === "" ? null : { about, text } };
    this.#render();
  }

  /** Reads everything again. Gives what to tell if that did not succeed, empty otherwise. */
  async refresh(): Promise<string> {
    const signal = new AbortController().signal;
    const [people, invites] = await Promise.all([get("/api/v1/people", signal, peopleShape), get("/api/v1/invites", signal, invitesShape)]);
    if (!people.ok) return people.refusal.detail;
    if (!invites.ok) return invites.refusal.detail;
    this.#state = { ...this.#state, people: people.value.items, invites: invites.value.items, now: timestamp(Date.now()) };
    this.#render();
    return "";
  }

  #render(): void {
    const focused = selectorOf(document.activeElement);
    for (const view of Object.values(peopleViews(this.#state))) show(view);
    if (focused !== null) document.querySelector<HTMLElement>(focused)?.focus();
  }
}

function found<T>(item: T | undefined): T {
  if (item === undefined) throw new Error("not on this page");
  return item;
}

/** How to find a button again after the list that it stands in was made anew. */
function selectorOf(element: Element | null): string | null {
  const [name, value] = Object.entries(element instanceof HTMLElement ? element.dataset : {})[0] ?? [];
  return name === undefined
    ? null
    : `[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${CSS.escape(value ?? "")}"]`;
}

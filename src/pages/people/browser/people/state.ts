/**
 * What the pages of people show: read from their data block, then from the service after each change. The page is made from it
 * again each time, so that what is shown is what signatures are compared with.
 */
import type { PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import { personDetailShape } from "#api/people/person-shapes.ts";
import type { Result } from "#countersign/result.ts";
import type { ViewElement } from "#pages/kit/view.ts";
import type { ChosenRoles } from "./role-fields.ts";
import { type Change, changeOf, isStanding } from "./sign-changes.ts";
import { type PeopleState, proposalKey } from "../../people-view.ts";
import { get, type Problem } from "#pages/kit/browser/post.ts";
import { isShown, show } from "#pages/kit/browser/view-dom.ts";

/** What waits for a signature of another admin. */
type Proposed = Pick<ProposedRoles, "signatures" | "required" | "signed_by">;

/** What a page is made of, and how that is read again. */
export interface PeopleShown<State extends Pick<PeopleState, "viewer" | "said">> {
  state: State;
  read: () => Promise<Result<Omit<State, "viewer" | "said">, Problem>>;
  views: (state: State) => Readonly<Record<string, ViewElement>>;
  people: (state: State) => PeopleState;
  /** Standing passkeys of admins, of everybody together. */
  adminPasskeys: (state: State) => number;
}

export class PeopleOnPage<State extends Pick<PeopleState, "viewer" | "said"> = Pick<PeopleState, "viewer" | "said">> {
  readonly #shown: PeopleShown<State>;
  #page: State;

  constructor(shown: PeopleShown<State>) {
    this.#shown = shown;
    this.#page = shown.state;
    this.#render();
  }

  get #state(): PeopleState {
    return this.#shown.people(this.#page);
  }

  get viewer(): string {
    return this.#page.viewer;
  }

  get adminPasskeys(): number {
    return this.#shown.adminPasskeys(this.#page);
  }

  /** Those who are listed, and those of whom something waits. */
  get #everybody(): PersonItem[] {
    return [...this.#state.people, ...this.#state.waiting];
  }

  person(id: string): PersonItem {
    return found(this.#standing(id));
  }

  /** A waiting passkey and whose it is. */
  waiting(credentialId: string): { person: PersonItem; passkey: WaitingPasskeyItem } {
    const person = found(this.#state.waiting.find(({ waiting }) => waiting.some((one) => one.credential_id === credentialId)));
    return { person, passkey: found(person.waiting.find((one) => one.credential_id === credentialId)) };
  }

  /** Roles that another admin has signed for, by their key in the page. */
  proposal(key: string): { person: PersonItem; proposed: ProposedRoles } {
    const all = this.#state.waiting.flatMap((person) => person.proposed_roles.map((proposed) => ({ person, proposed })));
    return found(all.find(({ person, proposed }) => proposalKey(person, proposed) === key));
  }

  #standing(id: string): PersonItem | undefined {
    return this.#everybody.find((person) => person.id === id);
  }

  /** The person as they are now, wherever they are listed; undefined if there is none; null if that could not be read. */
  async #rereadPerson(id: string): Promise<PersonItem | undefined | null> {
    if ((await this.refresh()) !== "") return null;
    const answer = await get(`/api/v1/people/${id}`, new AbortController().signal, personDetailShape);
    if (answer.ok) return answer.value.person;
    return answer.refusal.code === "not_found" ? undefined : null;
  }

  /** What has become of confirming a passkey, read again (sign-changes.ts). */
  async rereadConfirmation(personId: string, credentialId: string): Promise<Change | undefined | null> {
    const person = await this.#rereadPerson(personId);
    if (person === null) return null;
    if (person?.passkeys.some((one) => one.credential_id === credentialId && one.revoked_at === null)) return { done: true };
    return this.#signedByViewer(person?.waiting.filter((one) => one.credential_id === credentialId));
  }

  /** What has become of changing roles and groups, read again. */
  async rereadRoles(personId: string, wanted: ChosenRoles): Promise<Change | undefined | null> {
    const person = await this.#rereadPerson(personId);
    if (person === null) return null;
    if (person !== undefined && isStanding(wanted, person)) return { done: true };
    return this.#signedByViewer(person?.proposed_roles.filter((one) => isStanding(wanted, one)));
  }

  /** Whether no such passkey stands or waits. */
  isGone(credentialId: string): boolean {
    const ofAll = this.#everybody.flatMap(({ passkeys, waiting }) => [
      ...passkeys.filter(({ revoked_at }) => revoked_at === null),
      ...waiting,
    ]);
    return ofAll.every(({ credential_id }) => credential_id !== credentialId);
  }

  /** Whether a signature of the viewer waits under this operation. */
  hasSigned(operation: string): boolean {
    const waiting = this.#state.waiting.flatMap((person) => [...person.waiting, ...person.proposed_roles]);
    return waiting.some((one) => one.operation === operation && one.signed_by.includes(this.viewer));
  }

  isInvited(inviteId: string): boolean {
    return this.#state.invites.some(({ id }) => id === inviteId);
  }

  #signedByViewer(waiting: readonly Proposed[] = []): Change | undefined {
    const signed = waiting.find(({ signed_by }) => signed_by.includes(this.viewer));
    return signed === undefined ? undefined : changeOf(signed);
  }

  /** Whose confirmed passkey it is. */
  holder(credentialId: string): PersonItem {
    return found(this.#everybody.find(({ passkeys }) => passkeys.some((one) => one.credential_id === credentialId)));
  }

  /** Whether the page shows exactly this state, every list of it. */
  isShown(): boolean {
    return Object.values(this.#shown.views(this.#page)).every(isShown);
  }

  /** Says, beside what it is about, what became of a signature; empty takes it back. */
  say(about: string, text: string): void {
    this.#page = { ...this.#page, said: text === "" ? null : { about, text } };
    this.#render();
  }

  /** Reads everything again. Gives what to tell if that did not succeed, empty otherwise. */
  async refresh(): Promise<string> {
    const read = await this.#shown.read();
    if (!read.ok) {
      // This very session was ended.
      if (read.refusal.code === "unauthorized") location.assign("/");
      return read.refusal.detail;
    }
    this.#page = { ...this.#page, ...read.value };
    this.#render();
    return "";
  }

  #render(): void {
    const focused = selectorOf(document.activeElement);
    for (const view of Object.values(this.#shown.views(this.#page))) show(view);
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

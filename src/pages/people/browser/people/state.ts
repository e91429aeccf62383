/**
 * What `/admin/people` shows: read from its data block, then from the service after each change. The page is made from it
 * again each time, so that what is shown is what signatures are compared with.
 */
import { timestamp } from "#countersign/documents/words.ts";
import type { PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import { invitesShape, PEOPLE_BLOCK_ID, peopleBlockShape, peopleShape } from "#api/people-shapes.ts";
import type { ChosenRoles } from "./role-fields.ts";
import { type Change, changeOf, isStanding } from "./sign-changes.ts";
import { type PeopleState, peopleViews, proposalKey } from "../../people-view.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { get } from "#pages/kit/browser/post.ts";
import { isShown, show } from "#pages/kit/browser/view-dom.ts";

/** What waits for a signature of another admin. */
type Proposed = Pick<ProposedRoles, "signatures" | "required" | "signed_by">;

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
    return found(this.#standing(id));
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

  #standing(id: string): PersonItem | undefined {
    return this.#state.people.find((person) => person.id === id);
  }

  /** What has become of confirming a passkey, read again (sign-changes.ts). */
  async rereadConfirmation(personId: string, credentialId: string): Promise<Change | undefined | null> {
    if ((await this.refresh()) !== "") return null;
    const person = this.#standing(personId);
    if (person?.passkeys.some((one) => one.credential_id === credentialId && one.revoked_at === null)) return { done: true };
    return this.#signedByViewer(person?.waiting.filter((one) => one.credential_id === credentialId));
  }

  /** What has become of changing roles and groups, read again. */
  async rereadRoles(personId: string, wanted: ChosenRoles): Promise<Change | undefined | null> {
    if ((await this.refresh()) !== "") return null;
    const person = this.#standing(personId);
    if (person !== undefined && isStanding(wanted, person)) return { done: true };
    return this.#signedByViewer(person?.proposed_roles.filter((one) => isStanding(wanted, one)));
  }

  /** Whether no such passkey stands or waits. */
  isGone(credentialId: string): boolean {
    const ofAll = this.#state.people.flatMap(({ passkeys, waiting }) => [
      ...passkeys.filter(({ revoked_at }) => revoked_at === null),
      ...waiting,
    ]);
    return ofAll.every(({ credential_id }) => credential_id !== credentialId);
  }

  /** Whether a signature of the viewer waits under this operation. */
  hasSigned(operation: string): boolean {
    const waiting = this.#state.people.flatMap((person) => [...person.waiting, ...person.proposed_roles]);
    return waiting.some((one) => one.operation === operation && one.signed_by.includes(this.viewer));
  }

  isInvited(inviteId: string): boolean {
    return this.#state.invites.some(({ id }) => id === inviteId);
  }

  #signedByViewer(waiting: readonly Proposed[] = []): Change | undefined {
    const signed = waiting.find(({ signed_by }) => signed_by.includes(this.viewer));
    return signed === undefined ? undefined : changeOf(signed);
  }

  /** Standing passkeys of admins, of everybody together. */
  get adminPasskeys(): number {
    const admins = this.#state.people.filter(({ confirmed, roles }) => confirmed && roles.includes("admin"));
    return admins.flatMap(({ passkeys }) => passkeys.filter(({ revoked_at }) => revoked_at === null)).length;
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

/** People with their passkeys and what waits for signatures, page by page and one by one (api/people/person-data.ts). */
import type { Context } from "hono";
import type { HeldPasskey, NamedPerson, PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import type { PeopleList, PeopleQuery } from "#api/people/person-data.ts";
import { USERNAME_PATTERN } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { rolesOfStatement } from "#gate/people/change-roles.ts";
import { confirmation, personOfWaiting, type Waiting } from "#gate/people/confirm-passkey.ts";
import { operationHash } from "#gate/signatures/authorise-admin.ts";
import type { App } from "#http/context.ts";
import { type KeptSignatures, readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import { atPrimary } from "#storage/near/near-reads.ts";
import { countAdminPasskeys } from "#storage/people/admin-keys.ts";
import { holdersOfKeys, peoplePageAfter } from "#storage/people/people-lists.ts";
import { allPeople, namesOf, passkeysOf, peopleByIds, personById, type StoredPasskey } from "#storage/people.ts";
import { allWaiting } from "#storage/waiting-passkeys.ts";
import { ownPasskey, ownWaiting } from "./people-items.ts";

type Person = ReturnType<typeof personOfWaiting>;

/** Usernames of others who have the key. */
type SharedWith = (personId: string, publicKey: string) => string[];

const sharedKeys = (holders: Awaited<ReturnType<typeof holdersOfKeys>>): SharedWith => {
  const byKey = Map.groupBy(holders, ({ publicKey }) => publicKey);
  return (personId, publicKey) => {
    const others = (byKey.get(publicKey) ?? []).filter((one) => one.personId !== personId);
    return [...new Set(others.map(({ username }) => username))].toSorted();
  };
};

const heldPasskey = (passkey: StoredPasskey, sharedWith: SharedWith): HeldPasskey => ({
  ...ownPasskey(passkey),
  shared_with: passkey.revokedAt === null ? sharedWith(passkey.personId, passkey.publicKey) : [],
});

const waitingPasskey = (
  waiting: Waiting,
  kept: KeptSignatures,
  names: ReadonlyMap<string, NamedPerson>,
  sharedWith: SharedWith,
): WaitingPasskeyItem => {
  const { roles, groups } = personOfWaiting(waiting);
  const { invitedBy, personId, publicKey } = waiting.passkey;
  return {
    ...ownWaiting(waiting),
    shared_with: sharedWith(personId, publicKey),
    roles,
    groups,
    invited_by: invitedBy === null ? null : (names.get(invitedBy) ?? null),
    ...kept.under(operationHash(confirmation(waiting))),
  };
};

/** Role changes that lack a signature, by person. */
const proposedRoles = (kept: KeptSignatures): Map<string, ProposedRoles[]> => {
  const found = kept.operations().flatMap(({ first, progress }) => {
    const standing = rolesOfStatement(first.authorisation.statement);
    return standing === null ? [] : [{ standing, expires_at: first.expiresAt, progress }];
  });
  const byPerson = Map.groupBy(found, ({ standing }) => standing.personId);
  const item = ({ standing: { roles, groups }, expires_at, progress }: (typeof found)[number]) => ({
    roles,
    groups,
    ...progress,
    expires_at,
  });
  return new Map([...byPerson].map(([id, changes]) => [id, changes.map(item)]));
};

/** What waits for signatures, of everybody. It does not grow with the people that there are. */
interface WaitsForSignature {
  waiting: Map<string, Waiting[]>;
  proposed: Map<string, ProposedRoles[]>;
  kept: KeptSignatures;
}

async function readWaiting(d1: D1Database, adminsRequired: number): Promise<WaitsForSignature> {
  const [waiting, kept] = await Promise.all([allWaiting(d1), readKeptSignatures(d1, adminsRequired, Date.now())]);
  return { waiting: Map.groupBy(waiting, ({ passkey }) => passkey.personId), proposed: proposedRoles(kept), kept };
}

/** Those of whom something waits and nothing was ever confirmed. */
const unconfirmed = ({ waiting }: WaitsForSignature): Person[] =>
  [...waiting.values()].flatMap(([first]) => (first === undefined || first.person !== null ? [] : [personOfWaiting(first)]));

/** The people with all that is told of them, and the names of those who have signed for what waits of them. */
async function itemsOf(
  d1: D1Database,
  people: readonly Person[],
  { waiting, proposed, kept }: WaitsForSignature,
): Promise<{ items: PersonItem[]; signers: NamedPerson[] }> {
  const passkeys = await passkeysOf(d1, ...people.map(({ id }) => id));
  const waitingOf = people.flatMap(({ id }) => waiting.get(id) ?? []);
  const keys = [...passkeys.filter(({ revokedAt }) => revokedAt === null), ...waitingOf.map(({ passkey }) => passkey)];
  const inviters = waitingOf.flatMap(({ passkey: { invitedBy } }) => (invitedBy === null ? [] : [invitedBy]));
  const signerIds = kept.operations().flatMap(({ progress }) => progress.signed_by);
  const [holders, found] = await Promise.all([
    holdersOfKeys(
      d1,
      keys.map(({ publicKey }) => publicKey),
    ),
    namesOf(atPrimary(d1), [...new Set([...inviters, ...signerIds])]),
  ]);
  const names = new Map(found.map(({ id, username }) => [id, { id, username }]));
  const sharedWith = sharedKeys(holders);
  const byPerson = Map.groupBy(passkeys, ({ personId }) => personId);
  const items = people.map(({ id, username, displayName, roles, groups }) => ({
    id,
    username,
    display_name: displayName,
    roles: [...roles],
    groups: [...groups],
    confirmed: (waiting.get(id) ?? []).every(({ person }) => person !== null),
    passkeys: (byPerson.get(id) ?? []).map((passkey) => heldPasskey(passkey, sharedWith)),
    waiting: (waiting.get(id) ?? []).map((one) => waitingPasskey(one, kept, names, sharedWith)),
    proposed_roles: proposed.get(id) ?? [],
  }));
  return { items, signers: [...new Set(signerIds)].flatMap((id) => names.get(id) ?? []) };
}

const PAGE = 50;

/** Whether somebody who is in no list of the database yet is like that (storage/people/people-lists.ts). */
function isLike({ id, username, displayName, roles, groups }: Person, { q = "", role = "any" }: PeopleQuery): boolean {
  const text = [username, displayName, ...groups].join(" ").toLowerCase();
  const words = q.toLowerCase().split(/\s+/u);
  return words.every((word) => text.includes(word) || word === id.toLowerCase()) && (role === "any" || roles.includes(role));
}

type PeopleRead = Awaited<ReturnType<typeof peoplePageAfter>>;

/** These people, and at the end of the list those of whom nothing was ever confirmed; with what waits, wherever the list is. */
async function listOf(c: Context<App>, reading: Promise<PeopleRead>, query: PeopleQuery): Promise<PeopleList> {
  const { DB } = c.env;
  const [waits, page, adminPasskeys] = await Promise.all([
    readWaiting(DB, c.var.config.adminsRequired),
    reading,
    countAdminPasskeys(atPrimary(DB)),
  ]);
  const newcomers = unconfirmed(waits);
  const listed = new Set(page.people.map(({ id }) => id));
  const others = [...waits.waiting.keys(), ...waits.proposed.keys()].filter((id) => !listed.has(id));
  const elsewhere = others.length === 0 ? [] : await peopleByIds(DB, others);
  const { items, signers } = await itemsOf(DB, [...page.people, ...elsewhere, ...newcomers], waits);
  const isOfPage = new Set([...listed, ...(page.next === null ? newcomers.filter((one) => isLike(one, query)).map(({ id }) => id) : [])]);
  return {
    items: items.filter(({ id }) => isOfPage.has(id)),
    waiting: items.filter((one) => one.waiting.length + one.proposed_roles.length > 0),
    signers,
    admin_passkeys: adminPasskeys,
    ...(page.next !== null && { next_cursor: page.next }),
  };
}

const readEverybody = async (d1: D1Database): Promise<PeopleRead> => ({ people: await allPeople(d1), next: null });

/** Everybody, by username, those of whom nothing was ever confirmed last. */
export const everybodyOf = (c: Context<App>): Promise<PeopleList> => listOf(c, readEverybody(c.env.DB), {});

/** A page of the people who are like that. */
export async function peopleListOf(c: Context<App>, query: PeopleQuery): Promise<Result<PeopleList, { reason: "no-such-place" }>> {
  const { q = null, role = "any", cursor = "" } = query;
  if (cursor !== "" && !USERNAME_PATTERN.test(cursor)) return refuse({ reason: "no-such-place" });
  const page = peoplePageAfter(c.env.DB, { q, role: role === "any" ? null : role }, cursor, PAGE);
  return accept(await listOf(c, page, query));
}

/** One of them; null if nobody has this id. */
export async function personItemOf(
  c: Context<App>,
  id: string,
): Promise<(Pick<PeopleList, "signers" | "admin_passkeys"> & { person: PersonItem }) | null> {
  const { DB } = c.env;
  const [waits, known, adminPasskeys] = await Promise.all([
    readWaiting(DB, c.var.config.adminsRequired),
    personById(DB, id),
    countAdminPasskeys(atPrimary(DB)),
  ]);
  const person = known ?? unconfirmed(waits).find((one) => one.id === id);
  if (person === undefined) return null;
  const { items, signers } = await itemsOf(DB, [person], waits);
  const [item] = items;
  return item === undefined ? null : { person: item, signers, admin_passkeys: adminPasskeys };
}

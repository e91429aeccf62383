/** Inviting, enrolling, confirming and revoking, as the pages of admins and of invited people do it. */
import { env } from "cloudflare:workers";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation, Role } from "#countersign/documents/record.ts";
import { readConfig } from "#config/config.ts";
import { logOf } from "#composition/log-ports.ts";
import { peoplePorts } from "#composition/people-ports.ts";
import type { Me, PersonItem } from "#api/people-data.ts";
import type { Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { authorise, call, type Call, cookieOf, register, type RegistrationOffer, signIn, type Someone } from "./people.ts";

export interface Invitation {
  username?: string;
  display_name?: string;
  roles?: Role[];
  groups?: string[];
  person?: string;
}

export interface Invite {
  id: string;
  url: string;
  expires_at: string;
}

/** The JSON of an answer of that status, or what was answered instead. */
export async function given<T>(answer: Response, status = 200): Promise<T> {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${await answer.text()}`);
  return answer.json<T>();
}

/** `POST /api/v1/invites`. */
export const invite = async (admin: Someone, invitation: Invitation = { roles: ["approver"] }): Promise<Invite> =>
  given(await call("POST", "/api/v1/invites", { cookie: admin.cookie, body: invitation }), 201);

/** The code in the fragment of an invitation's link, in front of what it says of itself. */
export const codeOf = ({ url }: Invite): string => new URL(url).hash.slice(1).split("&")[0] ?? "";

export const introduce = (invited: Invite, username = "blair") => ({
  code: codeOf(invited),
  username,
  display_name: `${username.slice(0, 1).toUpperCase()}${username.slice(1)} Example`,
});

/** What the page of an invited person gets before it asks for a passkey. */
export const offerInvited = async (invited: Invite, username = "blair"): Promise<RegistrationOffer> =>
  given(await call("POST", "/enrol/options", { body: introduce(invited, username) }));

/** A person who has made a passkey and waits. */
export interface Waiting {
  id: string;
  passkey: SoftwarePasskey;
  fingerprint: string;
  words: string;
}

/** Makes a passkey with an invitation. */
export async function enrolInvited(invited: Invite, username = "blair"): Promise<Waiting> {
  const offer = await offerInvited(invited, username);
  const { passkey, response } = await register(offer);
  const body = { ...introduce(invited, username), nonce: offer.nonce, person: offer.person, response };
  const { fingerprint, words } = await given<{ fingerprint: string; words: string }>(await call("POST", "/enrol/finish", { body }));
  return { id: offer.person, passkey, fingerprint, words };
}

/** Adds a passkey to one's own account; `wrong` makes it one that nobody honest makes. */
export async function addPasskey(person: Someone, name?: string, wrong: Partial<Ceremony> = {}): Promise<Waiting> {
  const { cookie, id } = person;
  const offer = await given<RegistrationOffer>(await call("POST", "/account/passkeys/options", { cookie, body: {} }));
  const { passkey, response } = await register({ ...offer, person: id }, {}, wrong);
  const body = { nonce: offer.nonce, response, ...(name === undefined ? {} : { name }) };
  const face = await given<{ fingerprint: string; words: string }>(await call("POST", "/account/passkeys/finish", { cookie, body }));
  return { id, passkey, ...face };
}

type Settings = Call["settings"];
const withSettings = (settings: Settings) => (settings === undefined ? {} : { settings });

/** What an admin gets to sign. */
export async function draft(admin: Someone, operation: object): Promise<AdminStatement> {
  const answer = await call("POST", "/admin/people/statement", { cookie: admin.cookie, body: operation });
  return (await given<{ statement: AdminStatement }>(answer)).statement;
}

/** An admin's signature for a passkey that waits. */
export const signFor = async (admin: Someone, passkey: SoftwarePasskey): Promise<Authorisation[]> =>
  authorise(admin.passkey, await draft(admin, { operation: "passkey.enrolled", credential_id: passkey.credentialId }));

/** Sends signatures for a passkey that waits. */
export const sendConfirmation = (
  admin: Someone,
  { id, passkey }: Waiting,
  authorisation: unknown,
  settings?: Settings,
): Promise<Response> =>
  call("POST", `/api/v1/people/${id}/passkeys/${passkey.credentialId}/confirm`, {
    cookie: admin.cookie,
    body: { authorisation },
    ...withSettings(settings),
  });

/** An admin confirms a passkey that waits. */
export const confirm = async (admin: Someone, waiting: Waiting, settings?: Settings): Promise<Response> =>
  sendConfirmation(admin, waiting, await signFor(admin, waiting.passkey), settings);

/** Signed in with a passkey, or an error. */
export async function enter({ id, passkey }: Pick<Waiting, "id" | "passkey">): Promise<Someone> {
  const answer = await signIn(passkey);
  const cookie = cookieOf(answer);
  if (cookie === undefined) throw new Error(`not signed in: ${answer.status} ${await answer.text()}`);
  return { id, passkey, cookie };
}

/** Somebody invited, enrolled, confirmed and signed in. */
export async function admitted(admin: Someone, username: string, roles: Role[] = ["approver"], groups: string[] = []): Promise<Someone> {
  const waiting = await enrolInvited(await invite(admin, { username, roles, groups }), username);
  await given(await confirm(admin, waiting));
  return enter(waiting);
}

/** An admin's signature for what somebody shall be. */
export const signRoles = async (admin: Someone, person: string, roles: Role[], groups: string[] = []): Promise<Authorisation[]> =>
  authorise(admin.passkey, await draft(admin, { operation: "role.changed", person, roles, groups }));

/** Sends signatures for what somebody shall be. */
export const sendRoles = (
  admin: Someone,
  person: string,
  standing: { roles: Role[]; groups: string[] },
  authorisation: unknown,
  settings?: Settings,
): Promise<Response> =>
  call("PUT", `/api/v1/people/${person}/roles`, {
    cookie: admin.cookie,
    body: { ...standing, authorisation },
    ...withSettings(settings),
  });

/** An admin changes what somebody is. */
export const changeRoles = async (admin: Someone, person: string, roles: Role[], groups: string[] = [], settings?: Settings) =>
  sendRoles(admin, person, { roles, groups }, await signRoles(admin, person, roles, groups), settings);

/** `DELETE` of somebody's passkey. */
export const revoke = (by: Someone, { id, passkey }: Pick<Waiting, "id" | "passkey">, settings?: Settings): Promise<Response> =>
  call("DELETE", `/api/v1/people/${id}/passkeys/${passkey.credentialId}`, { cookie: by.cookie, ...withSettings(settings) });

export const people = async (by: Someone, settings?: Settings): Promise<PersonItem[]> =>
  (await given<{ items: PersonItem[] }>(await call("GET", "/api/v1/people", { cookie: by.cookie, ...withSettings(settings) }))).items;

export async function personOf(by: Someone, id: string, settings?: Settings): Promise<PersonItem> {
  const found = (await people(by, settings)).find((person) => person.id === id);
  if (found === undefined) throw new Error(`nobody is ${id}`);
  return found;
}

export const me = async (person: Someone): Promise<Me> => given(await call("GET", "/api/v1/me", { cookie: person.cookie }));

/** The records of a kind, in the order of the log. */
export async function recordsOf(kind: string): Promise<Record<string, unknown>[]> {
  const query = env.DB.prepare("SELECT record FROM log_leaf WHERE json_extract(record, '$.kind') = ? ORDER BY idx").bind(kind);
  return (await query.all<{ record: string }>()).results.map(({ record }) => JSON.parse(record) as Record<string, unknown>);
}

/** The ports of this deployment, with something that happens just before the log is written. */
export async function meanwhile(happens: () => Promise<unknown>, settings: Settings = {}) {
  const config = readConfig({ ...env, ...settings });
  const [ports, { log }] = await Promise.all([peoplePorts(env, config), logOf(env, config)]);
  const append: typeof log.append = async (leaf) => {
    await happens();
    return log.append(leaf);
  };
  return { ...ports, log: { ...ports.log, append } };
}

export const challengeBytes = (offer: RegistrationOffer): Uint8Array => fromB64u(offer.options.challenge) ?? new Uint8Array();

/** The Worker as browsers and agents call it, and people with passkeys in software. */
import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import type { Bindings } from "#config/bindings.ts";
import { app } from "#composition/app.ts";
import { type Ceremony, type PasskeyOptions, type RegistrationJson, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

/** What an answer may hold, where it differs each time. */
export const someText: unknown = expect.any(String);
export const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const textWith = (part: string): unknown => expect.stringContaining(part);

export const ORIGIN = env.PUBLIC_ORIGIN;

export interface Call {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it stands, without a content type. */
  text?: BodyInit;
  /** `name=value`. */
  cookie?: string | undefined;
  /** As `X-Api-Key`. */
  key?: string;
  /** Null for none; ours by default, as a browser on our own page sends it. */
  origin?: string | null;
  headers?: Record<string, string>;
  /** Where this deployment is set up differently. */
  settings?: Partial<
    Pick<
      Bindings,
      | "ADMINS_REQUIRED"
      | "ALLOW_REVEAL"
      | "VAULT_SECRET"
      | "METRICS_TOKEN"
      | "MAX_FAILURES_PER_MINUTE"
      | "MAX_REFUSALS_PER_MINUTE"
      | "AGENT_CALLS"
      | "SESSION_CALLS"
      | "SESSION_IDLE_HOURS"
      | "SESSION_MAX_HOURS"
    >
  >;
}

/** One request to the Worker. */
export function call(
  method: string,
  path: string,
  { body, text, cookie, key, origin = ORIGIN, headers = {}, settings }: Call = {},
): Promise<Response> {
  const given = {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(key === undefined ? {} : { "x-api-key": key }),
    ...(origin === null ? {} : { origin }),
    ...headers,
  };
  const content = body === undefined ? text : JSON.stringify(body);
  const init = { method, headers: given, redirect: "manual" as const, ...(content === undefined ? {} : { body: content }) };
  const request = new Request(new URL(path, ORIGIN), init);
  if (settings === undefined) return exports.default.fetch(request);
  return Promise.resolve(app.fetch(request, { ...env, ...settings }, createExecutionContext()));
}

/** Status and code of an answer: `[200, undefined]`, `[401, "unauthorized"]`. */
export async function outcome(response: Response): Promise<[number, string | undefined]> {
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") === true;
  const code = isProblem ? (await response.json<{ code: string }>()).code : undefined;
  if (!isProblem) await response.body?.cancel();
  return [response.status, code];
}

/** The session cookie that an answer sets, as it is sent back; undefined if it sets none. */
export const cookieOf = (response: Response): string | undefined => response.headers.get("set-cookie")?.split(";")[0];

export interface RegistrationOffer {
  options: { challenge: string; user: { id: string; name: string; displayName: string }; rp: { id: string } };
  nonce: string;
  person: string;
}

export const introduction = { token: env.SETUP_TOKEN, username: "alex", display_name: "Alex Example" };

/** What the setup page gets before it asks for a passkey. */
export async function offerFirstPasskey(): Promise<RegistrationOffer> {
  return (await call("POST", "/setup/options", { body: introduction })).json<RegistrationOffer>();
}

/** What the setup page sends after. */
export const finishBody = (offer: RegistrationOffer, response: RegistrationJson) => ({
  ...introduction,
  nonce: offer.nonce,
  person: offer.person,
  response,
});

/** A passkey for an offer, and its registration; `wrong` makes it one that must be refused. */
export async function register(
  offer: RegistrationOffer,
  options: PasskeyOptions = {},
  wrong: Partial<Ceremony> = {},
): Promise<{ passkey: SoftwarePasskey; response: RegistrationJson }> {
  const passkey = await SoftwarePasskey.create({ ...options, person: offer.person });
  return { passkey, response: await passkey.register({ challenge: challengeOf(offer), origin: ORIGIN, ...wrong }) };
}

const challengeOf = (offer: { options: { challenge: string } }): Uint8Array => fromB64u(offer.options.challenge) ?? new Uint8Array();

export interface Someone {
  id: string;
  passkey: SoftwarePasskey;
  cookie: string;
}

/** The first person, enrolled and signed in. */
export async function enrolFirst(options: PasskeyOptions = {}): Promise<Someone> {
  const offer = await offerFirstPasskey();
  const { passkey, response } = await register(offer, options);
  const finished = await call("POST", "/setup/finish", { body: finishBody(offer, response) });
  const cookie = cookieOf(finished);
  if (finished.status !== 200 || cookie === undefined) throw new Error(`not enrolled: ${finished.status} ${await finished.text()}`);
  return { id: offer.person, passkey, cookie };
}

/** What the sign-in page sends: an assertion over a fresh challenge, wrong in the ways given. */
export async function signInBody(passkey: SoftwarePasskey, wrong: Partial<Ceremony> = {}) {
  const offer = await (await call("POST", "/sign-in/options")).json<{ options: { challenge: string }; nonce: string }>();
  return { nonce: offer.nonce, response: await passkey.authenticate({ challenge: challengeOf(offer), origin: ORIGIN, ...wrong }) };
}

/** Signs in, or says why not. */
export const signIn = async (passkey: SoftwarePasskey, wrong: Partial<Ceremony> = {}): Promise<Response> =>
  call("POST", "/sign-in/finish", { body: await signInBody(passkey, wrong) });

/** The statement that the agents page gets for a name. */
export async function draftAgent(admin: Someone, name: string): Promise<AdminStatement> {
  const answer = await call("POST", "/admin/agents/statement", { cookie: admin.cookie, body: { name } });
  return (await answer.json<{ statement: AdminStatement }>()).statement;
}

/** An admin's signature under a statement. */
export const authorise = async (
  passkey: SoftwarePasskey,
  statement: AdminStatement,
  wrong: Partial<Ceremony> = {},
): Promise<Authorisation[]> => [
  {
    statement,
    credential_id: passkey.credentialId,
    assertion: await passkey.sign({ challenge: ceremonyChallenge(statement), origin: ORIGIN, ...wrong }),
  },
];

/** Makes an agent of that name, signed as it should be. */
export async function makeAgent(admin: Someone, name = "release-bot"): Promise<{ id: string; name: string; key: string }> {
  const authorisation = await authorise(admin.passkey, await draftAgent(admin, name));
  const made = await call("POST", "/api/v1/agents", { cookie: admin.cookie, body: { name, authorisation } });
  if (made.status !== 201) throw new Error(`no agent: ${made.status} ${await made.text()}`);
  return made.json();
}

/** How many rows a table has. */
export async function rowsOf(
  table: "person" | "passkey" | "waiting_passkey" | "proposal" | "session" | "spent_nonce" | "agent" | "agent_old_key",
): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>("rows")) ?? 0;
}

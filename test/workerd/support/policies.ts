/** Policies in force: put there, or published as the page of admins does it, with a passkey in software. */
import { env } from "cloudflare:workers";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { policyHash, readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { given } from "./invited.ts";
import { authorise, call, type Call, type Someone } from "./people.ts";

type Settings = Call["settings"];
const withSettings = (settings: Settings) => (settings === undefined ? {} : { settings });

/** The version in force; 0 before anything is published. */
export async function versionInForce(person: Someone): Promise<number> {
  const listed = await given<{ in_force: { version: number } }>(await call("GET", "/api/v1/policies", { cookie: person.cookie }));
  return listed.in_force.version;
}

/** What an admin gets to sign for a text. */
export async function draftPolicy(admin: Someone, source: string, basedOn: number): Promise<AdminStatement> {
  const body = { source, based_on: basedOn };
  const answer = await call("POST", "/admin/policy/statement", { cookie: admin.cookie, body });
  return (await given<{ statement: AdminStatement }>(answer)).statement;
}

/** An admin's signature for a text. */
export const signPolicy = async (admin: Someone, source: string, basedOn: number): Promise<Authorisation[]> =>
  authorise(admin.passkey, await draftPolicy(admin, source, basedOn));

/** Sends signatures for a text. */
export const sendPolicy = (
  admin: Someone,
  source: string,
  basedOn: number,
  authorisation: unknown,
  settings?: Settings,
): Promise<Response> =>
  call("POST", "/api/v1/policies", {
    cookie: admin.cookie,
    body: { source, based_on: basedOn, authorisation },
    ...withSettings(settings),
  });

/** An admin signs and sends a text, written against what is in force now. */
export async function offerPolicy(admin: Someone, source: string, settings?: Settings): Promise<Response> {
  const basedOn = await versionInForce(admin);
  return sendPolicy(admin, source, basedOn, await signPolicy(admin, source, basedOn), settings);
}

/** A policy is published, alone, and in force from then on. Gives its version. */
export const publish = async (admin: Someone, source: string): Promise<number> =>
  (await given<{ version: number }>(await offerPolicy(admin, source), 201)).version;

/** Puts a policy into force, as the batch of a publication does; it is in no log. Gives its version. */
export async function putInForce(source: string): Promise<number> {
  const read = readPolicyDocument(source);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  const version = ((await env.DB.prepare("SELECT max(version) AS version FROM policy").first<number | null>("version")) ?? 0) + 1;
  const values = [version, policyHash(read.value.document), source, canonicalize(read.value.document), "2026-11-29T00:00:00.000Z", 0, "[]"];
  await env.DB.prepare(
    "INSERT INTO policy (version, hash, source, document, signed_by, published_at, leaf_index) VALUES (?1, ?2, ?3, ?4, ?7, ?5, ?6)",
  )
    .bind(...values)
    .run();
  return version;
}

/** A policy of these rules. */
export const policyOf = (rules: readonly object[], more: object = {}): string =>
  JSON.stringify({ type: "countersign/policy@v1", ...more, rules });

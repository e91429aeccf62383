/** A person's own account: who they are, and their passkeys: adding one, which then waits for an admin's signature, and naming them. */
import type { Context } from "hono";
import { addPasskey, draftAnotherPasskey } from "#gate/people/add-passkey.ts";
import { logLine } from "#config/log-line.ts";
import { registrationOptions } from "#passkeys/registration.ts";
import { madeCredentialsOf, namePasskey } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { newPasskeyFailure, passkeyFailure } from "./people-failures.ts";
import { accountFinishBody, accountOptionsBody, passkeyNameBody } from "#api/people-schemas.ts";
import { keyFace, meOf } from "./people-items.ts";
import { readBody } from "#http/read-body.ts";

/** `GET /api/v1/me`. */
export const whoAmI = async (c: Context<App>): Promise<Response> => c.json(await meOf(c));

/** `POST /account/passkeys/options`: what the browser needs to make another passkey. */
export async function offerAnother(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, accountOptionsBody);
  if (!body.ok) return problem(c, body.refusal);
  const { person, config } = c.var;
  const { nonce, challenge } = draftAnotherPasskey(person.id, await c.var.ports.people());
  const existing = await madeCredentialsOf(c.env.DB, person.id);
  return c.json({ options: await registrationOptions(config.rpId, person, challenge, existing), nonce });
}

/** `POST /account/passkeys/finish`: the passkey waits. */
export async function finishAnother(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, accountFinishBody);
  if (!body.ok) return problem(c, body.refusal);
  const { nonce, response, name = "" } = body.value;
  const added = await addPasskey(c.var.person, { nonce, response, name }, await c.var.ports.people());
  if (!added.ok) return problem(c, newPasskeyFailure(added.refusal));
  logLine("passkey-waits", { person: c.var.person.id });
  return c.json(keyFace(added.value.publicKey));
}

/** `PUT /account/passkeys/{credential_id}`: the person's own word for one of theirs. */
export async function renamePasskey(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, passkeyNameBody);
  if (!body.ok) return problem(c, body.refusal);
  const named = await namePasskey(c.env.DB, c.var.person.id, c.req.param("credential") ?? "", body.value.name);
  return named ? c.body(null, 204) : problem(c, passkeyFailure({ reason: "nothing-to-name" }));
}

/** How admins invite, and how whoever was invited makes a passkey that then waits. */
import type { Context } from "hono";
import { draftInvited, enrolInvited } from "#gate/people/enrol-invited.ts";
import { newPasskeyState } from "#gate/people/new-passkey-state.ts";
import { type Invitation, invitePerson } from "#gate/people/invite-person.ts";
import { logLine } from "#config/log-line.ts";
import { registrationOptions } from "#passkeys/registration.ts";
import { withdrawInvite } from "#storage/invites.ts";
import { madeCredentialsOf } from "#storage/people.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type Failure, fieldFailure } from "#rules/failure.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { inviteFailure, newPasskeyFailure } from "./people-failures.ts";
import { termsText } from "#api/invite-link.ts";
import { enrolFinishBody, enrolStateBody, enrolOptionsBody, inviteBody } from "#api/people-schemas.ts";
import { inviteItems, keyFace } from "./people-items.ts";
import { readBody } from "#http/read-body.ts";

async function readInvitation(c: Context<App>): Promise<Result<Invitation, Failure>> {
  const body = await readBody(c.req.raw, inviteBody);
  if (!body.ok) return body;
  const { person, username, display_name: displayName, roles, groups } = body.value;
  if (person === undefined) {
    if (roles === undefined) return refuse(fieldFailure("roles", "required for somebody new; an empty list will do"));
    return accept({ personId: null, username: username ?? null, displayName: displayName ?? null, roles, groups: groups ?? [] });
  }
  if (username !== undefined) return refuse(fieldFailure("username", "this person has a name already"));
  if (displayName !== undefined) return refuse(fieldFailure("display_name", "this person has a name already"));
  return accept({ personId: person, roles: roles ?? null, groups: groups ?? null });
}

/** `POST /api/v1/invites`: the link is in this answer and nowhere else. */
export async function makeInvite(c: Context<App>): Promise<Response> {
  const invitation = await readInvitation(c);
  if (!invitation.ok) return problem(c, invitation.refusal);
  const made = await invitePerson(invitation.value, c.var.person.id, await c.var.ports.people());
  if (!made.ok) return problem(c, inviteFailure(made.refusal));
  const { id, username, displayName, roles, groups, expiresAt } = made.value.invite;
  logLine("invited", { admin: c.var.person.id, invite: id });
  const terms = { username: username ?? "", displayName: displayName ?? "", by: c.var.person.username, roles, groups, until: expiresAt };
  return c.json({ id, url: `${c.var.config.origin}/enrol#${made.value.code}&${termsText(terms)}`, expires_at: expiresAt }, 201);
}

/** `GET /api/v1/invites`: the newest hundred, used and late ones too, without their codes. */
export const listInvites = async (c: Context<App>): Promise<Response> => c.json({ items: await inviteItems(c.env.DB) });

/** `DELETE /api/v1/invites/{id}`: its code is worth nothing any more. */
export async function dropInvite(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!(await withdrawInvite(c.env.DB, id))) return problem(c, inviteFailure({ reason: "not-open" }));
  logLine("invite-withdrawn", { admin: c.var.person.id, invite: id });
  return c.body(null, 204);
}

/** `POST /enrol/options`: whoever holds an invitation's code gets what the browser needs to make a passkey. */
export async function offerInvited(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, enrolOptionsBody);
  if (!body.ok) return problem(c, body.refusal);
  const { code, username, display_name: displayName } = body.value;
  const draft = await draftInvited({ code, username, displayName }, await c.var.ports.people());
  if (!draft.ok) return problem(c, newPasskeyFailure(draft.refusal));
  const { personId, nonce, challenge } = draft.value;
  const existing = await madeCredentialsOf(c.env.DB, personId);
  const options = await registrationOptions(c.var.config.rpId, { id: personId, username, displayName }, challenge, existing);
  return c.json({ options, nonce, person: personId });
}

/** `POST /enrol/finish`: the passkey waits for an admin's signature. It opens no session. */
export async function finishInvited(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, enrolFinishBody);
  if (!body.ok) return problem(c, body.refusal);
  const { code, username, display_name: displayName, nonce, person, response } = body.value;
  const ceremony = { personId: person, nonce, response };
  const enrolled = await enrolInvited({ code, username, displayName }, ceremony, await c.var.ports.people());
  if (!enrolled.ok) return problem(c, newPasskeyFailure(enrolled.refusal));
  logLine("passkey-waits", { person });
  return c.json({ ...keyFace(enrolled.value.publicKey), next: "/enrol/waiting" });
}

/** `POST /enrol/state`: what has become of a passkey, to whoever made it with this invitation. */
export async function showNewPasskey(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, enrolStateBody);
  if (!body.ok) return problem(c, body.refusal);
  const found = await newPasskeyState({ code: body.value.code, credentialId: body.value.credential_id }, await c.var.ports.people());
  if (!found.ok) return problem(c, newPasskeyFailure(found.refusal));
  const { value } = found;
  return c.json(value.state === "waiting" ? { state: value.state, ...keyFace(value.publicKey) } : { state: value.state });
}

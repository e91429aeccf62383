/** How people get in: the first person's enrolment, signing in and out, and who is signed in. */
import type { Context } from "hono";
import { draftFirstPerson, enrolFirstPerson } from "#gate/people/enrol-first-person.ts";
import { newSession } from "#gate/sessions/session.ts";
import { draftSignIn, signIn } from "#gate/sessions/sign-in.ts";
import { logLine } from "#config/log-line.ts";
import { signInOptions } from "#passkeys/authentication.ts";
import { registrationOptions } from "#passkeys/registration.ts";
import { deleteSession, openSession } from "#storage/sessions.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { firstPersonFailure, signInFailure } from "#http/people/people-failures.ts";
import { meOf } from "#http/people/people-items.ts";
import { setupFinishBody, setupOptionsBody, signInFinishBody } from "#api/people-schemas.ts";
import { readBody } from "#http/read-body.ts";
import { clearSessionCookie, sessionOfRequest, setSessionCookie } from "#http/middleware/session-cookie.ts";

/** `POST /setup/options`: whoever holds the setup token gets what the browser needs to make the first passkey. */
export async function offerFirstPasskey(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, setupOptionsBody);
  if (!body.ok) return problem(c, body.refusal);
  const { token, username, display_name: displayName } = body.value;
  const draft = await draftFirstPerson(token, await c.var.ports.people());
  if (!draft.ok) return problem(c, firstPersonFailure(draft.refusal));
  const { personId, nonce, challenge } = draft.value;
  const options = await registrationOptions(c.var.config.rpId, { id: personId, username, displayName }, challenge, []);
  return c.json({ options, nonce, person: personId });
}

/** `POST /setup/finish`: enrols the first person, once, and signs them in. */
export async function enrolFirst(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, setupFinishBody);
  if (!body.ok) return problem(c, body.refusal);
  const { token, username, display_name: displayName, nonce, person, response } = body.value;
  const ports = await c.var.ports.people();
  const enrolled = await enrolFirstPerson({ token, username, displayName }, { personId: person, nonce, response }, ports);
  if (!enrolled.ok) return problem(c, firstPersonFailure(enrolled.refusal));
  logLine("first-person-enrolled", { person });

  const sessionToken = ports.random(32);
  const opened = await openSession(c.env.DB, newSession(sessionToken, enrolled.value, [], ports.now()));
  if (!opened.ok) throw new Error("a session that spends no nonce was refused for one");
  setSessionCookie(c, sessionToken);
  return c.json({ next: "/" });
}

/** `POST /sign-in/options`: for anybody; stores nothing. */
export async function offerSignIn(c: Context<App>): Promise<Response> {
  const { nonce, challenge } = draftSignIn(await c.var.ports.people());
  return c.json({ options: await signInOptions(c.var.config.rpId, challenge), nonce });
}

/** `POST /sign-in/finish`: opens a session for the person whose passkey signed. */
export async function finishSignIn(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, signInFinishBody);
  if (!body.ok) return problem(c, body.refusal);
  const { nonce, response } = body.value;
  const assertion = {
    client_data_json: response.response.clientDataJSON,
    authenticator_data: response.response.authenticatorData,
    signature: response.response.signature,
  };
  const attempt = { nonce, credentialId: response.id, userHandle: response.response.userHandle ?? "", assertion };
  const signedIn = await signIn(attempt, await c.var.ports.people());
  if (!signedIn.ok) return problem(c, signInFailure(signedIn.refusal));
  logLine("signed-in", { person: signedIn.value.personId });
  setSessionCookie(c, signedIn.value.token);
  return c.json({ next: "/" });
}

/** `POST /sign-out`: ends the session, if there is one. */
export async function signOut(c: Context<App>): Promise<Response> {
  const tokenHash = sessionOfRequest(c);
  if (tokenHash !== null) await deleteSession(c.env.DB, tokenHash);
  clearSessionCookie(c);
  return c.body(null, 204);
}

/** `GET /api/v1/me`. */
export const whoAmI = async (c: Context<App>): Promise<Response> => c.json(await meOf(c.env.DB, c.var.person));

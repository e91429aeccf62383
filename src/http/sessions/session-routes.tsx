/** How people sign in and out. Reading a session is http/middleware/who-is-calling.ts. */
import type { Context, MiddlewareHandler } from "hono";
import { draftSignIn, signIn } from "#gate/sessions/sign-in.ts";
import { logLine } from "#config/log-line.ts";
import { signInOptions } from "#passkeys/authentication.ts";
import { SignInPage } from "#pages/sessions/sign-in-page.tsx";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { signInFinishBody } from "#api/people-schemas.ts";
import { readBody } from "#http/read-body.ts";
import { clearSessionCookie, placeOf, sessionOfRequest, setSessionCookie } from "#http/middleware/session-cookie.ts";
import { countedToLookAt, withToLookAt } from "#http/middleware/to-look-at.ts";
import { personFromSession, servePerson } from "#http/middleware/who-is-calling.ts";
import { signInFailure } from "./session-failures.ts";

/** Whether anybody is enrolled. Once somebody is it stays so, and need not be read again. */
let somebodyIsThere = false;
const hasPeople = async (c: Context<App>): Promise<boolean> => (somebodyIsThere ||= await c.var.ports.sessions().anybodyEnrolled());

/**
 * Lets people through who are signed in, as `c.var.person`; others get the page to sign in with, at this very address. `?next=` is
 * where they go after that, which the page checks to be one of ours.
 */
export const signInHere: MiddlewareHandler<App> = async (c, next) => {
  const counted = countedToLookAt(c);
  const person = await personFromSession(c);
  if (!person.ok) return c.html(<SignInPage next={c.req.query("next") ?? "/"} hasPeople={await hasPeople(c)} />);
  return servePerson(c, person.value, async () => {
    c.set("person", await withToLookAt(person.value, counted));
    return next();
  });
};

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
  const attempt = { nonce, credentialId: response.id, userHandle: response.response.userHandle ?? "", assertion, place: placeOf(c) };
  const signedIn = await signIn(attempt, await c.var.ports.people());
  if (!signedIn.ok) return problem(c, signInFailure(signedIn.refusal));
  logLine("signed-in", { person: signedIn.value.personId });
  if (signedIn.value.told > 0) c.executionCtx.waitUntil(c.var.ports.deliverDue());
  setSessionCookie(c, signedIn.value.token);
  return c.json({ next: "/" });
}

/** `POST /sign-out`: ends the session, if there is one. */
export async function signOut(c: Context<App>): Promise<Response> {
  const tokenHash = sessionOfRequest(c);
  if (tokenHash !== null) await c.var.ports.sessions().deleteSession(tokenHash);
  clearSessionCookie(c);
  return c.body(null, 204);
}

/** How the first person gets in: with the setup token, once. */
import type { Context } from "hono";
import { draftFirstPerson, enrolFirstPerson } from "#gate/people/enrol-first-person.ts";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { registrationOptions } from "#passkeys/registration.ts";
import { SetupClosedPage, SetupPage } from "#pages/people/joining/setup-page.tsx";
import { anybodyEnrolled } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { setupFinishBody, setupOptionsBody } from "#api/people-schemas.ts";
import { readBody } from "#http/read-body.ts";
import { beginSession } from "#http/middleware/session-cookie.ts";
import { firstPersonFailure } from "./people-failures.ts";

/** `GET /setup`: open until somebody is enrolled. A log that cannot serve closes it too, and says why to the operator. */
export async function setupPage(c: Context<App>): Promise<Response> {
  try {
    const { log } = await c.var.ports.log();
    await log.vkey();
  } catch (error) {
    // What the log says of itself is for the operator; what a database says is for nobody here.
    const message = logErrorCode(error) === null || !(error instanceof Error) ? "The log cannot serve now." : error.message;
    return problem(c, { code: "unavailable", message, reason: errorText(error) });
  }
  return (await anybodyEnrolled(c.env.DB)) ? c.html(<SetupClosedPage />, 410) : c.html(<SetupPage />);
}

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
  await beginSession(c, enrolled.value, ports);
  return c.json({ next: "/" });
}

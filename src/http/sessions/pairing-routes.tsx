/** How a command line gets a session of a person's, and what it does with it. What it reads are the routes that `requireReader` opens. */
import type { Context } from "hono";
import { ownSignatureShape } from "#countersign/documents/record.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { checkInput } from "#api/check-input.ts";
import { collectBody, type CommandLineSession, confirmPairingBody, pairingBody, pairingDraftBody } from "#api/people/pairing-data.ts";
import { logLine } from "#config/log-line.ts";
import { listSessions, sessionId } from "#gate/sessions/own-sessions.ts";
import { beginPairing, collectPairing, confirmPairing, draftPairing, PAIRING_MS, refusePairing } from "#gate/sessions/pairing.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { checkDocument, readBody } from "#http/read-body.ts";
import { CommandLinePage } from "#pages/sessions/command-line-page.tsx";
import { pairingFailure } from "./session-failures.ts";

/** Seconds between two calls that collect (RFC 8628, 3.2). */
const INTERVAL = 3;

/** `GET /command-line`: where the person types the code. No address holds it, so that no link can. */
export const commandLinePage = (c: Context<App>): Promise<Response> =>
  Promise.resolve(c.html(<CommandLinePage person={pagePerson(c.var.person)} />));

/** `POST /api/v1/command-line/pairings`: for anybody. */
export async function postPairing(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, pairingBody);
  if (!body.ok) return problem(c, body.refusal);
  const begun = await beginPairing(body.value.name, await c.var.ports.pairings());
  if (!begun.ok) return problem(c, pairingFailure(begun.refusal));
  const { deviceCode, userCode } = begun.value;
  const verification_uri = `${c.var.config.origin}/command-line`;
  return c.json({ device_code: deviceCode, user_code: userCode, verification_uri, expires_in: PAIRING_MS / 1000, interval: INTERVAL }, 201);
}

/** `POST /api/v1/command-line/token`: for whoever holds the code. */
export async function collectToken(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, collectBody);
  if (!body.ok) return problem(c, body.refusal);
  const collected = await collectPairing(body.value.device_code, await c.var.ports.pairings());
  if (collected.status === "unknown") return problem(c, pairingFailure({ reason: "unknown-device-code" }));
  return c.json("key" in collected ? { status: "open", key: collected.key, ends_at: collected.endsAt } : { status: collected.status });
}

/** `POST /account/command-line/statement`: what the person has to sign, and with which passkeys. */
export async function draftPairingStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, pairingDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const ports = await c.var.ports.pairings();
  const drafted = await draftPairing(c.var.person.id, body.value.code, ports);
  if (!drafted.ok) return problem(c, pairingFailure(drafted.refusal));
  return c.json({ statement: drafted.value, credentials: await ports.credentialsOf(c.var.person.id), rp_id: c.var.config.rpId });
}

/** `POST /api/v1/me/command-lines`: the statement says all of it. */
export async function postCommandLine(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, confirmPairingBody);
  if (!body.ok) return problem(c, body.refusal);
  const signature = checkDocument(ownSignatureShape, body.value.signature as JsonValue, "signature");
  if (!signature.ok) return problem(c, signature.refusal);
  const confirmed = await confirmPairing(c.var.person, signature.value, await c.var.ports.pairings());
  if (!confirmed.ok) return problem(c, pairingFailure(confirmed.refusal));
  logLine("command-line-opened", { person: c.var.person.id });
  return c.json({ name: confirmed.value.name, ends_at: confirmed.value.endsAt }, 201);
}

/** `DELETE /api/v1/me/command-lines?code=`: turns away one that asks. */
export async function turnAway(c: Context<App>): Promise<Response> {
  const query = checkInput(pairingDraftBody, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const refused = await refusePairing(query.value.code, await c.var.ports.pairings());
  return refused.ok ? c.body(null, 204) : problem(c, pairingFailure(refused.refusal));
}

/** `GET /api/v1/command-line`. */
export async function showCommandLine(c: Context<App>): Promise<Response> {
  const { id, username, displayName, roles, groups, commandLine, tokenHash } = c.var.person;
  const own = (await listSessions(id, tokenHash, c.var.ports.sessions())).find(({ isCurrent }) => isCurrent);
  if (own === undefined) throw new Error("a session that was just read is over");
  const session = { id: sessionId(tokenHash), name: commandLine ?? "", ends_at: own.endsAt };
  const person = { id, username, display_name: displayName, roles: [...roles], groups: [...groups] };
  return c.json({ person, session } satisfies CommandLineSession);
}

/** `DELETE /api/v1/command-line`: ends its own session, and no other. */
export async function endCommandLine(c: Context<App>): Promise<Response> {
  await c.var.ports.sessions().deleteSession(c.var.person.tokenHash);
  logLine("session-ended", { person: c.var.person.id });
  return c.body(null, 204);
}

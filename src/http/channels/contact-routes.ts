/** A person's own devices, addresses and accounts: adding them, proving them, trying them, forgetting them. */
import type { Context } from "hono";
import { contactBody, contactCodeBody } from "#api/notifications/notification-schemas.ts";
import { logLine } from "#config/log-line.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { addContact, confirmContact } from "#gate/channels/contacts.ts";
import { removeContact } from "#gate/channels/remove-contact.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { testContact } from "#storage/channels/contacts.ts";
import { contactFailure, ownContactFailure } from "./notification-failures.ts";

/** Longer than any subscription or address. */
const MOST_BYTES = 8_192;

const idOf = (c: Context<App>): string => c.req.param("id") ?? "";

/** `POST /api/v1/me/contacts`: 201 for a device, which is told from now on; 202 for an address, which waits for its code. */
export async function addOwnContact(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, contactBody, MOST_BYTES);
  if (!body.ok) return problem(c, body.refusal);
  const ports = await c.var.ports.notifications();
  const added = await addContact(c.var.person.id, body.value, ports);
  if (!added.ok) return problem(c, contactFailure(added.refusal));
  logLine("contact-added", { person: c.var.person.id, code: added.value.state });
  if (added.value.state === "confirmed") c.executionCtx.waitUntil(ports.deliverSoon());
  return c.json(added.value, added.value.state === "confirmed" ? 201 : 202);
}

/** `POST /api/v1/me/contacts/{id}/confirm`: the code that was sent there. */
export async function confirmOwnContact(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, contactCodeBody);
  if (!body.ok) return problem(c, body.refusal);
  const ports = await c.var.ports.notifications();
  const confirmed = await confirmContact(c.var.person.id, { id: idOf(c), code: body.value.code }, ports);
  if (!confirmed.ok) return problem(c, ownContactFailure(confirmed.refusal));
  logLine("contact-confirmed", { person: c.var.person.id });
  c.executionCtx.waitUntil(ports.deliverSoon());
  return c.body(null, 204);
}

/** `POST /api/v1/me/contacts/{id}/test`: 202 with the message, which is on its way. */
export async function sendTest(c: Context<App>): Promise<Response> {
  const ports = await c.var.ports.notifications();
  const message = `msg_${b64u(ports.random(24))}`;
  const url = `${ports.origin}/account/notifications`;
  const isWritten = await testContact(c.env.DB, c.var.person.id, idOf(c), { id: message, url, nowMs: ports.now() });
  if (!isWritten) return problem(c, ownContactFailure({ reason: "unknown-contact" }));
  c.executionCtx.waitUntil(ports.deliverSoon());
  return c.json({ message }, 202);
}

/** `DELETE /api/v1/me/contacts/{id}`. */
export async function dropContact(c: Context<App>): Promise<Response> {
  const removed = await removeContact(c.var.person.id, idOf(c), await c.var.ports.notifications());
  if (!removed.ok) return problem(c, ownContactFailure(removed.refusal));
  logLine("contact-removed", { person: c.var.person.id });
  c.executionCtx.waitUntil(removed.value());
  return c.body(null, 204);
}

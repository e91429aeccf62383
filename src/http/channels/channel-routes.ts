/** How channels are drafted, added, changed and removed by admins, tested and used again. */
import type { Context } from "hono";
import { channelBody, channelDraftBody, type CredentialBody } from "#api/channel-data.ts";
import { logLine } from "#config/log-line.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import type { Result } from "#countersign/result.ts";
import type { GivenCredential } from "#gate/channels/admin/channel-credential.ts";
import { draftAgain, draftChannel, draftChannelChange, draftRotation } from "#gate/channels/admin/draft-channel.ts";
import { removeChannel } from "#gate/channels/admin/remove-channel.ts";
import { addChannel, changeChannel } from "#gate/channels/admin/sign-channel.ts";
import { enableChannel, testChannel } from "#gate/channels/admin/test-channel.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { Failure } from "#rules/failure.ts";
import { channelFailure } from "./channel-failures.ts";
import { channelsAsTheyAre } from "./channel-items.ts";

const idOf = (c: Context<App>): string => c.req.param("id") ?? "";

function credentialOf(given: CredentialBody): GivenCredential | null {
  if (given === undefined || given === null) return null;
  if ("api_key" in given) return { kind: "email", apiKey: given.api_key };
  return { kind: "slack", botToken: given.bot_token, signingSecret: given.signing_secret ?? null };
}

/** `POST /admin/channels/statement`: what this admin has to sign. A secret that was made for it is in this answer and nowhere else. */
export async function draftChannelStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, channelDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const drafted = await drafting(c, body.value);
  if (!drafted.ok) return problem(c, channelFailure(drafted.refusal));
  const { statement, settings, secret } = drafted.value;
  return answerStatement(c, statement, { settings, secret });
}

async function drafting(c: Context<App>, asked: ReturnType<typeof channelDraftBody.parse>) {
  const [ports, adminId] = [await c.var.ports.channels(), c.var.person.id];
  switch (asked.draft) {
    case "add":
      return draftChannel({ ...asked, credential: credentialOf(asked.credential) }, adminId, ports);
    case "change":
      return draftChannelChange(asked.channel, { ...asked, credential: credentialOf(asked.credential) }, adminId, ports);
    case "rotate":
      return draftRotation(asked.channel, credentialOf(asked.credential), adminId, ports);
    case "again":
      return draftAgain(asked.operation, asked.name, adminId, ports);
  }
}

/** `GET /api/v1/channels`: every channel, and what lacks an admin's signature. */
export async function listEveryChannel(c: Context<App>): Promise<Response> {
  const [{ vault }, channels] = await Promise.all([
    c.var.ports.channels(),
    channelsAsTheyAre(c.env.DB, c.var.config.adminsRequired, Date.now()),
  ]);
  return c.json({ ...channels, available: vault !== null });
}

async function signaturesIn(c: Context<App>): Promise<Result<Authorisation[], Failure>> {
  const body = await readBody(c.req.raw, channelBody);
  return body.ok ? readAuthorisation(body.value.authorisation) : body;
}

/** `POST /api/v1/channels`: adds what admins have signed for; 202 if another has to sign. */
export async function makeChannel(c: Context<App>): Promise<Response> {
  const signatures = await signaturesIn(c);
  if (!signatures.ok) return problem(c, signatures.refusal);
  const added = await addChannel(signatures.value, c.var.person.id, await c.var.ports.channels());
  if (!added.ok) return problem(c, channelFailure(added.refusal));
  const { done, id, name, signatures: count, required } = added.value;
  if (!done) return c.json({ id, name, signatures: count, required }, 202);
  logLine("channel-added", { admin: c.var.person.id, channel: id });
  return c.json({ id, name }, 201);
}

/** `PUT /api/v1/channels/{id}`: changes it as admins have signed for; 202 if another has to sign. */
export async function putChannel(c: Context<App>): Promise<Response> {
  const signatures = await signaturesIn(c);
  if (!signatures.ok) return problem(c, signatures.refusal);
  const changed = await changeChannel(idOf(c), signatures.value, c.var.person.id, await c.var.ports.channels());
  if (!changed.ok) return problem(c, channelFailure(changed.refusal));
  const { done, id, name, signatures: count, required } = changed.value;
  if (!done) return c.json({ id, name, signatures: count, required }, 202);
  logLine("channel-changed", { admin: c.var.person.id, channel: id });
  return c.json({ id, name });
}

/** `DELETE /api/v1/channels/{id}`: nothing is sent over it any more. Doing it again is as good. */
export async function dropChannel(c: Context<App>): Promise<Response> {
  const removed = await removeChannel(idOf(c), c.var.person, await c.var.ports.channels());
  if (!removed.ok) return problem(c, channelFailure(removed.refusal));
  logLine("channel-removed", { admin: c.var.person.id, channel: idOf(c) });
  return c.body(null, 204);
}

/** `POST /api/v1/channels/{id}/test`: sends a test, over a channel that is not used yet too. */
export const postTest = (c: Context<App>): Promise<Response> => answerTest(c, "channel-tested", testChannel);

/** `POST /api/v1/channels/{id}/enable`: the same, and a channel that was off is used again if the test is accepted. */
export const postEnable = (c: Context<App>): Promise<Response> => answerTest(c, "channel-enabled", enableChannel);

async function answerTest(c: Context<App>, event: "channel-tested" | "channel-enabled", test: typeof testChannel): Promise<Response> {
  const tested = await test(idOf(c), c.var.person.id, await c.var.ports.channels());
  if (!tested.ok) return problem(c, channelFailure(tested.refusal));
  const { isSent, answer, state } = tested.value;
  logLine(event, { admin: c.var.person.id, channel: idOf(c), code: answer });
  return c.json({ sent: isSent, answer, state });
}

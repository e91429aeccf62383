/** How messages are listed, and sent again by hand. */
import type { Context } from "hono";
import { messagesQuery, replayBody } from "#api/channel-data.ts";
import { checkInput } from "#api/check-input.ts";
import { logLine } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { replayMessages, resendMessage } from "#gate/channels/admin/resend.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { fieldFailure } from "#rules/failure.ts";
import { listMessages } from "#storage/channels/message-lists.ts";
import { channelFailure } from "./channel-failures.ts";
import { messageAnswer, messagePlaceIn, messagePlaceText } from "./channel-items.ts";

/** Messages on a page. */
const PAGE = 50;

/** `GET /api/v1/messages?channel=&request=&state=&cursor=`: the newest first. */
export async function listOfMessages(c: Context<App>): Promise<Response> {
  const query = checkInput(messagesQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const { cursor, ...filter } = query.value;
  const from = cursor === undefined ? null : messagePlaceIn(cursor);
  if (cursor !== undefined && from === null) return problem(c, channelFailure({ reason: "no-such-place" }));
  const found = await listMessages(c.env.DB, filter, from, PAGE + 1);
  const items = found.slice(0, PAGE);
  const last = items.at(-1);
  const next = found.length > PAGE && last !== undefined ? { next_cursor: messagePlaceText(last) } : {};
  return c.json({ items: items.map(messageAnswer), ...next });
}

/** `POST /api/v1/messages/{id}/resend`: sends it again, under the same id. */
export async function postResend(c: Context<App>): Promise<Response> {
  const message = c.req.param("id") ?? "";
  const sent = await resendMessage(message, await c.var.ports.channels());
  if (!sent.ok) return problem(c, channelFailure(sent.refusal));
  logLine("messages-sent-again", { admin: c.var.person.id, message, messages: 1 });
  return c.body(null, 204);
}

/** `POST /api/v1/channels/{id}/replay`: what a webhook was told since a moment is sent to it again. */
export async function postReplay(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, replayBody);
  if (!body.ok) return problem(c, body.refusal);
  const fromMs = Date.parse(body.value.from);
  if (Number.isNaN(fromMs)) return problem(c, fieldFailure("from", "there is no such time"));
  const channel = c.req.param("id") ?? "";
  const replayed = await replayMessages(channel, timestamp(fromMs), await c.var.ports.channels());
  if (!replayed.ok) return problem(c, channelFailure(replayed.refusal));
  logLine("messages-sent-again", { admin: c.var.person.id, channel, messages: replayed.value.messages });
  return c.json(replayed.value, 202);
}

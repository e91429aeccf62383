/**
 * What Slack sends when somebody presses a button there. Buttons are links, so there is nothing to do: it is answered at once, since Slack
 * waits for three seconds, and changes nothing.
 */
import type { Context } from "hono";
import { readBounded } from "#config/bounded-body.ts";
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import { isFromSlack } from "#gate/channels/admin/slack-interaction.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { tooLargeBody } from "#http/read-body.ts";
import { channelFailure } from "./channel-failures.ts";

const MAX_BYTES = 65_536;

/** `POST /channels/slack/{id}/interactions`. */
export async function slackInteraction(c: Context<App>): Promise<Response> {
  const [timestamp, signature] = [c.req.header("x-slack-request-timestamp"), c.req.header("x-slack-signature")];
  // Nobody's body is read who does not even claim to be Slack.
  if (timestamp === undefined || signature === undefined) return problem(c, channelFailure({ reason: "not-from-slack" }));
  const bytes = await readBounded(c.req.raw, MAX_BYTES);
  if (bytes === null) return problem(c, tooLargeBody(MAX_BYTES));
  const said = { timestamp, signature, body: fromUtf8(bytes) ?? "" };
  const isTheirs = await isFromSlack(c.req.param("id") ?? "", said, await c.var.ports.channels());
  return isTheirs ? c.body(null, 200) : problem(c, channelFailure({ reason: "not-from-slack" }));
}

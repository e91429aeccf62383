/** Messages to systems, as Standard Webhooks 1.0.0 has them. What `data` may hold is the table of docs/channels.md. */
import { canonicalize, type Hashable } from "#countersign/json/canonical-json.ts";
import { accept, refuse } from "#countersign/result.ts";
import type { ChannelSender, Outgoing } from "#gate/channels/channel.ts";
import type { SendFailure } from "#rules/notices/retries.ts";
import type { OutboundReply } from "#gate/channels/outbound.ts";
import type { MessageContent, ToldRequest } from "#rules/notices/content.ts";
import { isAccepted, noAnswer, sendAgain, statusCode, USER_AGENT } from "./http-answer.ts";
import { refusedFor, senderOf, type SenderPorts } from "./sender.ts";
import { webhookSignatures } from "./webhook-keys.ts";

const TIMEOUT_MS = 15_000;
/** Nothing of it is read but how long it is. */
const MOST_BYTES = 65_536;

const requestData = (request: ToldRequest): Hashable => ({
  id: request.id,
  action: request.action,
  agent: { id: request.agent.id, name: request.agent.name },
  risk: request.risk,
  requested_at: request.requestedAt,
  expires_at: request.expiresAt,
  approvals: request.approvals,
  required: request.required,
  status: request.status,
});

const manyData = ({ agent, count, action, alike, since }: NonNullable<MessageContent["many"]>): Hashable => ({
  agent: { id: agent.id, name: agent.name },
  count,
  action,
  alike,
  since,
});

const alertData = ({ name, since, agent, rule }: NonNullable<MessageContent["alert"]>): Hashable => ({
  name,
  since,
  ...(agent && { agent: { id: agent.id, name: agent.name } }),
  ...(rule !== undefined && { rule }),
});

/** The body, in canonical form: the same bytes however often the message is sent. */
function bodyOf({ type, at, url, request, many, leaf, outcome, channel, alert }: MessageContent): string {
  const data = {
    link: url,
    ...(request && { request: requestData(request) }),
    ...(many && { requests: manyData(many) }),
    ...(leaf && { leaf: { log: leaf.log, index: leaf.index, request_id: leaf.request, agent_id: leaf.agent } }),
    ...(outcome && { outcome }),
    ...(channel && { channel: { id: channel.id, name: channel.name } }),
    ...(alert && { alert: alertData(alert) }),
  };
  return canonicalize({ type, timestamp: at, data });
}

/** 410 ends it; whatever else is not accepted, redirects and 404 too, may be a receiver that is being changed, and is sent again. */
const failureOf = (reply: OutboundReply, nowMs: number): SendFailure =>
  reply.status === 410 ? { reason: "gone", answer: statusCode(reply) } : sendAgain(reply, statusCode(reply), nowMs);

async function signedHeaders(id: string, body: string, credential: string | null, nowMs: number): Promise<Record<string, string> | null> {
  // Of this attempt: receivers refuse what was signed long ago.
  const seconds = String(Math.floor(nowMs / 1_000));
  const signatures = await webhookSignatures(credential, `${id}.${seconds}.${body}`, nowMs);
  if (signatures === null) return null;
  return {
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": signatures,
  };
}

/** Sends to the address of the settings, signed. Nothing goes out unsigned. */
export const webhookSender = ({ outbound, now }: SenderPorts): ChannelSender =>
  senderOf("webhook", async ({ url }, { credential }, message: Outgoing) => {
    const body = bodyOf(message.content);
    const headers = await signedHeaders(message.id, body, credential, now());
    if (headers === null) return refusedFor("credential_malformed");
    const reply = await outbound({ url, method: "POST", headers, body, mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS });
    if (!reply.ok) return refuse(noAnswer(reply.refusal));
    return isAccepted(reply.value) ? accept({ answer: statusCode(reply.value), handle: null }) : refuse(failureOf(reply.value, now()));
  });

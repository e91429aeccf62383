/** Messages to be sent, and what they tell of. */
import type { Destination, Outgoing } from "#gate/channels/channel.ts";
import type { MessageContent, ToldRequest } from "#rules/notices/content.ts";

export const NOW = Date.parse("2026-11-20T09:15:30.000Z");
export const PAGE = "https://gate.example.com/approvals/apr_1";

export const toldRequest = (changed: Partial<ToldRequest> = {}): ToldRequest => ({
  id: "apr_1",
  action: "deploy to production",
  agent: { id: "agt_1", name: "deploy-bot" },
  risk: "high",
  requestedAt: "2026-11-20T09:15:00.000Z",
  expiresAt: "2026-11-20T09:30:00.000Z",
  approvals: 0,
  required: 1,
  status: "pending",
  ...changed,
});

export const toldContent = (changed: Partial<MessageContent> = {}): MessageContent => ({
  type: "request.opened",
  at: "2026-11-20T09:15:00.000Z",
  url: PAGE,
  request: toldRequest(),
  ...changed,
});

export const outgoing = (to: Destination, changed: Partial<Outgoing> = {}): Outgoing => ({
  id: "msg_0001",
  to,
  content: toldContent(),
  edits: null,
  topic: "apr_1topic",
  nowMs: NOW,
  ...changed,
});

/** Texts that an agent may choose, each of which wants to be more than text somewhere. */
export const HOSTILE =
  "</b><script>x</script> <!channel> <@U123> @here & https://evil.example/x www.evil.example \r\nBcc: eve@evil.example\u202e\u200b";

/**
 * One line of JSON an event. Events and fields are closed lists, so that no payload, key, token, cookie or comment can get
 * in by accident; JSON escapes line breaks, so that nobody forges a line. What each event means is docs/operations.md.
 */

export const LOG_EVENTS = [
  "request",
  "tool",
  "task",
  "mcp-refused",
  "first-person-enrolled",
  "signed-in",
  "session-ended",
  "command-line-opened",
  "invited",
  "invite-withdrawn",
  "passkey-waits",
  "passkey-confirmed",
  "passkey-discarded",
  "passkey-revoked",
  "passkey-counter-back",
  "role-changed",
  "person-erased",
  "records-withheld",
  "erasure-round-failed",
  "policy-published",
  "channel-added",
  "channel-changed",
  "channel-removed",
  "channel-tested",
  "channel-enabled",
  "messages-sent-again",
  "server-added",
  "server-changed",
  "server-removed",
  "server-credential-removed",
  "server-connecting",
  "server-connected",
  "server-disconnected",
  "server-grant-returned",
  "server-grant-not-returned",
  "server-listed",
  "server-not-listed",
  "servers-round-failed",
  "tools-accepted",
  "connector-created",
  "connector-revoked",
  "connector-connected",
  "signature-withdrawn",
  "agent-created",
  "agent-delegated",
  "agent-revoked",
  "agent-changed",
  "agent-key-rotated",
  "agent-key-ended",
  "test-requested",
  "pattern-denied",
  "pattern-lifted",
  "stop-ordered",
  "stop-released",
  "stop-not-finished",
  "stop-token-made",
  "stop-token-ended",
  "contact-added",
  "contact-confirmed",
  "contact-removed",
  "delegation-given",
  "delegation-ended",
  "grant-revoked",
  "decided",
  "asked-back",
  "time-given",
  "approval-not-logged-yet",
  "approval-not-archived-yet",
  "calls-not-handed-over-yet",
  "calls-round-failed",
  "calls-not-read",
  "record-not-followed",
  "record-exported",
  "export-broken-off",
  "patterns-round-failed",
  "agents-round-failed",
  "call-not-run",
  "call-not-reported-yet",
  "call-not-settled-yet",
  "notices-not-triggered",
  "not-told-yet",
  "message-failed",
  "message-broken",
  "channel-disabled",
  "delivery-round-failed",
  "console-round-failed",
  "alert-began",
  "alert-ended",
  "archive-round-failed",
  "log-unavailable",
  "evidence-made",
  "evidence-broke-off",
  "witness-failed",
  "witness-ahead",
  "witness-refused",
  "witnesses-not-asked",
  "unwell",
] as const;

export type LogEvent = (typeof LOG_EVENTS)[number];

export interface LogFields {
  method?: string;
  /** The route's pattern. Never what was asked for: a path or a query may carry whatever somebody pasted into it. */
  path?: string;
  /** Of an MCP tool. */
  tool?: string;
  status?: number;
  /** Milliseconds until the answer, or the beginning of one that is streamed. */
  ms?: number;
  /** A refusal's code, how an approval stands, or a verdict. */
  code?: string | undefined;
  /** Why exactly something was refused. */
  reason?: string | undefined;
  person?: string | undefined;
  /** Who did it to that person. */
  admin?: string | undefined;
  invite?: string | undefined;
  agent?: string | undefined;
  /** The agent above that did it. */
  by?: string | undefined;
  request?: string | undefined;
  /** What the operator's policy calls it. */
  witness?: string;
  /** Of an evidence bundle: how many leaves it spans. */
  leaves?: number;
  /** How many messages. */
  messages?: number;
  /** Of a message: its id, and that of the channel that it goes over. */
  message?: string | undefined;
  channel?: string | undefined;
  /** Of an MCP server behind the gate. */
  server?: string | undefined;
  connector?: string | undefined;
  /** Of what a person gave the gate leave for at such a server's issuer. */
  grant?: string;
  /** What is amiss, or was. */
  alert?: string;
  /** Of a policy. */
  version?: number;
  /** How many records of the log. */
  records?: number;
  /** Of a tree, in leaves. */
  size?: number;
  /** The part of the service that is not well. */
  part?: string;
  /** Message of an error that nobody foresaw. */
  error?: string | undefined;
}

/** Writes one event, with the time. */
export function logLine(event: LogEvent, fields: LogFields): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...fields }));
}

/** What went wrong, in words that may be logged: drizzle's own hold every value of the query, those of its cause do not. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? errorText(error.cause) : error.message;
}

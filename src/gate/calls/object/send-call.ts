/**
 * One gated call at its server: sent once, its progress relayed, and what comes of it. Whether it may be sent, and that it is not sent
 * twice, is run-call.ts.
 */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { SettledCall } from "#rules/calls/admission.ts";
import { type MessageToServer, cancelledBody, type SpokenIn, spokenHeaders } from "#rules/calls/run/call-message.ts";
import { memberText } from "#rules/calls/run/message-text.ts";
import { fromOtherGate, speaksAsGate } from "#rules/calls/run/other-gate.ts";
import { RESULT_BYTES, type ServerInForce } from "#rules/calls/server-settings.ts";
import type { Upstream, UpstreamFailure } from "../upstream.ts";
import type { MaskMessage } from "./mask-message.ts";
import type { HearProgress } from "./run-ports.ts";
import { serverMessagesIn, type ServerSaid, TooMuch } from "./server-messages.ts";

export type SentEnd =
  /** The answer's `result` or `error` as text, masked; `whole`: as a record that keeps all of it has it, null where none does. */
  | { status: "answered"; isError: boolean; text: string; whole: string | null; succeeded: boolean; masked: SettledCall["masked"] }
  | { status: "unknown"; code: string }
  /** It is known what became of it, and there is no answer that can be given. */
  | { status: "refused"; code: string; message: string };

export interface Sending {
  server: ServerInForce;
  message: MessageToServer;
  spoken: SpokenIn;
  /** Ends it: nobody wants it any more, or it takes too long. */
  signal: AbortSignal;
  hear: HearProgress;
}

export interface SendPorts {
  upstream: Upstream;
  mask: MaskMessage;
  /** Masks the server's own credential and nothing else, for a record that keeps the whole answer; null where none does. */
  maskCredential: MaskMessage | null;
}

/** An answer crosses to the Worker as one text, of which some take two bytes a character. */
const MOST_ANSWER_BYTES = 12_582_912;
/** For what is told to a server beside the call. */
const ASIDE_MS = 5_000;

/** Never throws. 1. one request; 2. its messages, up to the answer; 3. the answer, masked. */
export async function sendCall(sending: Sending, ports: SendPorts): Promise<SentEnd> {
  const { server, message, spoken, signal } = sending;
  const sent = await ports.upstream.send(server, { method: "POST", body: message.body, headers: message.headers, signal }); // 1
  if (!sent.ok) return notSent(sent.refusal, signal);
  const { response, secrets } = sent.value;
  if (isUnauthorized(response.status)) {
    await response.body?.cancel().catch(() => undefined);
    return withoutAnswer(response.status);
  }
  const asides = new Asides(server, spoken, ports.upstream);
  try {
    const most = Math.min(server.settings.limits.result_bytes ?? RESULT_BYTES, MOST_ANSWER_BYTES);
    for await (const said of serverMessagesIn(response, most)) {
      if (isAnswer(said, message.id, response)) return answered(said, secrets, server.settings.name, ports); // 3
      listen(said, sending, secrets, ports, asides); // 2
    }
    return withoutAnswer(response.status);
  } catch (error) {
    return { status: "unknown", code: error instanceof TooMuch ? "answer_too_large" : whyEnded(signal) };
  }
}

/** The code that whoever ended it gave as the reason, if somebody has. */
const whyEnded = ({ aborted, reason }: AbortSignal): string => (aborted && typeof reason === "string" ? reason : "outcome_unknown");

/** Tells a server of an earlier era that nobody waits any more. Never throws; nothing depends on it. */
export async function tellCancelled({ server, message, spoken }: Sending, reason: string, upstream: Upstream): Promise<void> {
  if (spoken.era === "legacy")
    await new Asides(server, spoken, upstream).tell("notifications/cancelled", cancelledBody(message.id, reason));
}

const NOTHING_SENT: Readonly<Record<UpstreamFailure["reason"], string>> = {
  "address-refused": "The server's address is not one that the gate connects to.",
  "needs-authentication": "The gate has no credential that the server takes.",
  "credential-unreadable": "The server's credential could not be opened.",
  unreachable: "The server could not be reached.",
  "timed-out": "The server could not be reached in time.",
  redirected: "The server leads elsewhere.",
};

function notSent({ reason, wasSent, connectAt }: UpstreamFailure, signal: AbortSignal): SentEnd {
  // A server that sends elsewhere may have done it first.
  if (wasSent) return { status: "unknown", code: whyEnded(signal) };
  return { status: "refused", ...hopFailure(reason, connectAt ?? null) };
}

/** What is told where the way to the server was the hindrance. `connectAt`: where a person can help; null where nobody can. */
export function hopFailure(reason: UpstreamFailure["reason"] | "no-answer", connectAt: string | null): { code: string; message: string } {
  const code = reason === "needs-authentication" || reason === "credential-unreadable" ? "needs_authentication" : "upstream_unavailable";
  const why = reason === "no-answer" ? "The server did not answer as an MCP server does." : NOTHING_SENT[reason];
  const way =
    reason === "needs-authentication" && connectAt !== null ? ` A person connects it at ${connectAt}, and then it can be tried again.` : "";
  return { code, message: `${why} Nothing was sent.${way}` };
}

/** Answers to another request, or to none, are nobody's; but a server that cannot read a message says so without its id. */
function isAnswer({ message }: ServerSaid, id: string, response: Response): boolean {
  const isReply = "result" in message || "error" in message;
  const isForNone = (message["id"] === null || message["id"] === undefined) && "error" in message && response.status >= 400;
  return isReply && !("method" in message) && (message["id"] === id || isForNone);
}

/** It does not know the gate: what it says of that is not for the agent, whose credential it is not. */
const isUnauthorized = (status: number): boolean => status === 401 || status === 403;

/** A server that refuses a request has not run it; one that fails may have. */
function withoutAnswer(status: number): SentEnd {
  if (isUnauthorized(status)) {
    return {
      status: "refused",
      code: "needs_authentication",
      message: `The server refused the call with HTTP status ${status}: it has not run it.`,
    };
  }
  const isRefused = status >= 400 && status < 500 && status !== 408;
  if (!isRefused) return { status: "unknown", code: "outcome_unknown" };
  return {
    status: "refused",
    code: "upstream_unavailable",
    message: `The server refused the call with HTTP status ${status}: it has not run it.`,
  };
}

const INTERACTION: SentEnd = {
  status: "refused",
  code: "interaction_refused",
  message:
    "The server wanted to ask something in the middle of the call, which an approved call does not allow. It was sent, and is not sent again: find out what became of it.",
};

function answered({ text, message }: ServerSaid, secrets: readonly string[], server: string, ports: SendPorts): SentEnd {
  const { result } = message;
  const kind = isObject(result) ? result["resultType"] : undefined;
  if (kind === "input_required") return INTERACTION;
  // A task that nobody asked for: its result would come later, and elsewhere.
  if (kind === "task") return { status: "unknown", code: "outcome_unknown" };
  const isError = "error" in message;
  const succeeded = !isError && isObject(result) && result["isError"] !== true;
  const member = isError ? "error" : "result";
  const memberOf = (mask: MaskMessage | null) => {
    const masked = mask?.(text, secrets);
    if (masked?.ok !== true) return null;
    const own = memberText(masked.value.text, member);
    // A server that is a gate itself does not speak for this one.
    const passed = own !== null && !isError && speaksAsGate(result) ? fromOtherGate(own, "result", server) : own;
    return { text: passed, masked: masked.value.masked };
  };
  const given = memberOf(ports.mask);
  if (given === null || given.text === null) return { status: "unknown", code: "answer_unreadable" };
  const whole = memberOf(ports.maskCredential)?.text ?? null;
  return { status: "answered", isError, text: given.text, whole, succeeded, masked: given.masked };
}

/** What the server says before it answers: its progress is relayed, what it asks is declined, and nothing else is heard. */
function listen({ text, message }: ServerSaid, sending: Sending, secrets: readonly string[], ports: SendPorts, asides: Asides): void {
  const { method, id, params } = message;
  if (typeof method !== "string") return;
  if (typeof id === "string" || typeof id === "number") return asides.answer(method, id);
  if (method !== "notifications/progress" || !isObject(params) || params["progressToken"] !== sending.message.id) return;
  const masked = ports.mask(text, secrets);
  const told = masked.ok ? (JSON.parse(masked.value.text) as JsonObject)["params"] : null;
  if (!isObject(told)) return;
  const { progressToken: _, ...progress } = told;
  hearSafely(sending.hear, progress);
}

/** Whoever listens may have gone; that is nothing to the call. */
function hearSafely(hear: HearProgress, progress: JsonObject): void {
  try {
    void Promise.resolve(hear(progress)).catch(() => undefined);
  } catch {
    // As above.
  }
}

/** What is said to a server beside the call, in the same session. */
class Asides {
  readonly #server: ServerInForce;
  readonly #spoken: SpokenIn;
  readonly #upstream: Upstream;

  constructor(server: ServerInForce, spoken: SpokenIn, upstream: Upstream) {
    this.#server = server;
    this.#spoken = spoken;
    this.#upstream = upstream;
  }

  answer(method: string, id: string | number): void {
    void this.tell(method, canonicalize({ jsonrpc: "2.0", id, ...replyTo(method) }));
  }

  /** One message to which there is no answer. Never throws. */
  async tell(method: string, body: string): Promise<void> {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), ASIDE_MS);
    try {
      const headers = spokenHeaders(this.#spoken, method);
      const sent = await this.#upstream.send(this.#server, { method: "POST", body, headers, signal: giveUp.signal });
      if (sent.ok) await sent.value.response.body?.cancel();
    } catch {
      // Nothing depends on it.
    } finally {
      clearTimeout(timer);
    }
  }
}

function replyTo(method: string): JsonObject {
  switch (method) {
    case "ping":
      return { result: {} };
    case "elicitation/create":
      return { result: { action: "decline" } };
    default:
      return { error: { code: -32601, message: "The gate in between does not let this through." } };
  }
}

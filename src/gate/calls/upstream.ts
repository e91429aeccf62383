/** A server behind the gate, as calls reach it: one HTTP exchange, guarded and with the server's credential. What carries it out is src/upstreams. Types only. */
import type { Result } from "#countersign/result.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";

export interface UpstreamRequest {
  method: "POST" | "GET" | "DELETE";
  /** What is sent byte for byte; null without a body. */
  body: string | null;
  /** Of the protocol: accept, content-type, mcp-*, last-event-id, traceparent, tracestate. The credential is added, nothing else. */
  headers: Readonly<Record<string, string>>;
  /** Ends the exchange, its body included. */
  signal: AbortSignal;
}

export interface UpstreamAnswer {
  /** Its body is not read, and not bounded yet. Never a redirect: that is a failure. */
  response: Response;
  /** The texts that the credential consists of, for masking: never to be shown, logged or kept. */
  secrets: readonly string[];
}

/** `wasSent`: false only where it is certain that the server saw nothing of it. */
export interface UpstreamFailure {
  reason: "address-refused" | "needs-authentication" | "credential-unreadable" | "unreachable" | "timed-out" | "redirected";
  wasSent: boolean;
  /** Where a person can connect the server; left out where nobody can. */
  connectAt?: string;
}

export interface Upstream {
  /** Never throws. A 401 or 403 of the server is its answer, and no failure. */
  send(server: ServerInForce, request: UpstreamRequest): Promise<Result<UpstreamAnswer, UpstreamFailure>>;
}

/** HTTP to an address that somebody outside named. Types only; src/outbound carries it out. */
import type { Result } from "#countersign/result.ts";

export interface OutboundRequest {
  url: string;
  method?: "GET" | "POST" | "PUT" | "DELETE";
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** The most that is read of the answer; more of it is `answer-too-large`. */
  mostBytes?: number;
  timeoutMs?: number;
}

export interface OutboundReply {
  status: number;
  /** In lower case. */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

/** `address-…`: nothing was sent. */
export type OutboundFailure =
  | "address-malformed"
  | "address-not-https"
  | "address-private"
  | "address-own"
  | "address-unknown"
  | "unreachable"
  | "timed-out"
  | "answer-too-large";

/** Looks at the address first. Redirects are not followed: they are answers. Never throws, and ends in bounded time. */
export type Outbound = (request: OutboundRequest) => Promise<Result<OutboundReply, OutboundFailure>>;

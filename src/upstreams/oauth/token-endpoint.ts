/**
 * What is sent to a token endpoint and its like (RFC 6749, RFC 7009), as a client that was signed for. Whoever answers there writes every
 * byte that is read here.
 */
import { b64, fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound, OutboundFailure, OutboundReply } from "#gate/channels/outbound.ts";

const MOST_BYTES = 65_536;

/** How the client shows who it is. `any`: as every endpoint takes it (HTTP Basic), and in the body where that is refused as such. */
export interface TokenClient {
  id: string;
  secret: string | null;
  auth: "none" | "basic" | "post" | "any";
}

export type EndpointFailure = "unreachable" | "timed-out" | "address-refused" | "answer-too-large";

/** RFC 6749, section 2.3.1, and appendix B: each part as a form has it. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/** One form; twice where a client that may show itself in either way is refused as such. 5xx and 429 say nothing, and are no answers. */
export async function postForm(
  outbound: Outbound,
  endpoint: string,
  fields: Readonly<Record<string, string>>,
  { id, secret, auth }: TokenClient,
): Promise<Result<OutboundReply, EndpointFailure>> {
  const inBody = { ...fields, client_id: id, ...(secret === null ? {} : { client_secret: secret }) };
  if (secret === null || auth === "none" || auth === "post") return post(outbound, endpoint, inBody, {});
  const basic = { authorization: `Basic ${b64(utf8(`${formEncoded(id)}:${formEncoded(secret)}`))}` };
  const first = await post(outbound, endpoint, fields, basic);
  if (auth === "basic" || !first.ok || (first.value.status !== 400 && first.value.status !== 401)) return first;
  return errorOf(first.value) === "invalid_client" ? post(outbound, endpoint, inBody, {}) : first;
}

async function post(
  outbound: Outbound,
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Record<string, string>,
): Promise<Result<OutboundReply, EndpointFailure>> {
  const sent = await outbound({
    url,
    method: "POST",
    headers: { ...headers, accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
    mostBytes: MOST_BYTES,
  });
  if (sent.ok) return sent.value.status >= 500 || sent.value.status === 429 ? refuse("unreachable") : sent;
  return refuse(failureOf(sent.refusal));
}

function failureOf(refusal: OutboundFailure): EndpointFailure {
  switch (refusal) {
    case "unreachable":
    case "timed-out":
    case "answer-too-large":
      return refusal;
    default:
      return "address-refused";
  }
}

/** The JSON object of an answer; null for anything else. */
export function objectOf({ body }: OutboundReply): Record<string, unknown> | null {
  const text = fromUtf8(body);
  if (text === null) return null;
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null && !Array.isArray(answer) ? (answer as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The error that an answer names (RFC 6749, section 5.2); empty if it names none. */
export function errorOf(reply: OutboundReply): string {
  const error = objectOf(reply)?.["error"];
  return typeof error === "string" && /^[\x21-\x7e]{1,100}$/.test(error) ? error : "";
}

export interface TokenAnswer {
  access: string;
  /** How long it serves; null where that is not said. */
  seconds: number | null;
  refresh: string | null;
  idToken: string | null;
}

const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const tokenIn = (value: unknown): string | null => (typeof value === "string" && TOKEN.test(value) ? value : null);

/** Bearer tokens as RFC 6749, section 5.1, has them; null for anything else, a redirect included. */
export function readTokens(reply: OutboundReply): Result<TokenAnswer, null> {
  const answer = reply.status === 200 ? objectOf(reply) : null;
  const access = tokenIn(answer?.["access_token"]);
  const { token_type: type, expires_in: seconds } = answer ?? {};
  if (answer === null || access === null || typeof type !== "string" || type.toLowerCase() !== "bearer") return refuse(null);
  const lasts = typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  return accept({ access, seconds: lasts, refresh: tokenIn(answer["refresh_token"]), idToken: tokenIn(answer["id_token"]) });
}

/** Of a token whose end is not said. */
const ASSUMED_MS = 5 * 60_000;
const LONGEST_MS = 24 * 60 * 60_000;
/** So long before its end it is not used any more. */
const MARGIN_MS = 10_000;

/** Until when a token is used that was had at `now`. */
export function usedUntil({ seconds }: Pick<TokenAnswer, "seconds">, nowMs: number): number {
  const lasts = Math.min(seconds === null ? ASSUMED_MS : seconds * 1_000, LONGEST_MS);
  return nowMs + Math.max(lasts - MARGIN_MS, lasts / 2);
}

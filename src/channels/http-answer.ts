/** What an answer over HTTP means for a message: codes, and when to come again. Nothing of what a receiver writes is passed on. */
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { SendFailure } from "#rules/notices/retries.ts";
import type { OutboundFailure, OutboundReply } from "#gate/channels/outbound.ts";

/** Some services refuse requests without one. */
export const USER_AGENT = "Countersign";

/** Of what a receiver may ask for: it must not silence a channel for long. */
const MOST_RETRY_AFTER_MS = 3_600_000;

/** IMF-fixdate (RFC 9110, section 5.6.7), the one form that is still sent. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** How long to wait (ms) by Retry-After, in seconds or as a date, at most an hour; null if it is not there or not understood. */
export function retryAfterMs({ headers }: OutboundReply, nowMs: number): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  const waitMs = /^\d{1,10}$/.test(value) ? Number(value) * 1_000 : HTTP_DATE.test(value) ? Date.parse(value) - nowMs : Number.NaN;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MOST_RETRY_AFTER_MS);
}

/** `http_503`. */
export const statusCode = ({ status }: OutboundReply): string => `http_${status}`;

export const isAccepted = ({ status }: OutboundReply): boolean => status >= 200 && status < 300;

/** A failure that passes: to be sent again, when the receiver says if it does. */
export const sendAgain = (reply: OutboundReply, answer: string, nowMs: number): SendFailure => ({
  reason: "retry",
  answer,
  afterMs: retryAfterMs(reply, nowMs),
});

/** Whether a status is of a failure that passes by itself. */
export const isPassing = ({ status }: OutboundReply): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

/** What a service means that did not accept: again after 408, 425, 429 and 5xx; anything else, redirects too, is refused. */
export const notAccepted = (reply: OutboundReply, nowMs: number): SendFailure =>
  isPassing(reply) ? sendAgain(reply, statusCode(reply), nowMs) : { reason: "refused", answer: statusCode(reply) };

/** No answer. An address that may not be sent to stays so; one that is not known now may be known later. */
export function noAnswer(failure: OutboundFailure): SendFailure {
  const answer = failure.replaceAll("-", "_");
  const isForGood =
    failure === "address-malformed" || failure === "address-not-https" || failure === "address-private" || failure === "address-own";
  return isForGood ? { reason: "refused", answer } : { reason: "retry", answer, afterMs: null };
}

/** The JSON object of an answer; null for anything else. The receiver controls all of it. */
export function objectIn({ body }: OutboundReply): JsonObject | null {
  try {
    const value = JSON.parse(fromUtf8(body) ?? "") as JsonValue;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

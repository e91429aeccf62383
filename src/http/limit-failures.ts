/**
 * Whoever is refused too often within a minute is told to wait, before anything is verified. A person who is signed in is
 * counted as that person, anybody else by address, of which only a keyed hash is kept.
 */
import type { Context, MiddlewareHandler } from "hono";
import { keyedHash } from "../core/keyed-hash.ts";
import { hex, utf8 } from "../core/bytes.ts";
import type { Failure } from "../gate/failure.ts";
import { countFailure, failuresOf } from "../storage/failures.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";

const MINUTE_MS = 60_000;
/** What a wrong code, a wrong token, and a signature that is not accepted are answered with. */
const REFUSALS = new Set([400, 401, 403]);

const tooOften = (retryAfter: number): Failure => ({
  code: "rate_limited",
  message: "That was refused too often. Nothing is lost: try again in a minute.",
  retryAfter,
  reason: "MAX_FAILURES_PER_MINUTE",
});

/** For routes where guessing could pay. Comes after the one that says who is calling. */
export const limitFailures: MiddlewareHandler<App> = async (c, next) => {
  const now = Date.now();
  const minute = Math.floor(now / MINUTE_MS);
  const subject = subjectOf(c);
  if ((await failuresOf(c.env.DB, subject, minute)) >= c.var.config.caps.MAX_FAILURES_PER_MINUTE) {
    return problem(c, tooOften(Math.ceil(((minute + 1) * MINUTE_MS - now) / 1000)));
  }
  await next();
  if (REFUSALS.has(c.res.status)) await countFailure(c.env.DB, subject, minute);
  return undefined;
};

function subjectOf(c: Context<App>): string {
  const person = c.get("person") as App["Variables"]["person"] | undefined;
  if (person !== undefined) return person.id;
  const address = c.req.header("cf-connecting-ip") ?? "unknown";
  return `address:${hex(keyedHash(c.var.config.serverSecret, "countersign/address/v1", utf8(address))).slice(0, 32)}`;
}

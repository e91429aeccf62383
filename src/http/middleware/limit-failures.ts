/**
 * Whoever is refused too often within a minute is told to wait, before anything is verified. A session is counted by
 * itself, so that a stolen one keeps nobody else from signing; anybody else by address, of which only a keyed hash is kept.
 */
import type { Context, MiddlewareHandler } from "hono";
import { hex, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";
import type { Failure, FailureCode } from "#rules/failure.ts";
import { countFailure, failuresOf, guessesBy, minuteOf, secondsLeft } from "#storage/failures.ts";
import type { App } from "#http/context.ts";
import { answerInstead, problem } from "#http/failures.ts";

/** What a wrong token, a wrong code and a signature that is not accepted are answered with; a body that does not fit is no guess. */
const GUESSED_WRONG = new Set<FailureCode | undefined>(["unauthorized", "invite_invalid", "code_invalid", "decision_not_accepted"]);

const tooOften = (retryAfter: number): Failure => ({
  code: "rate_limited",
  message: "That was refused too often. Nothing is lost: try again in a minute.",
  retryAfter,
  reason: "MAX_FAILURES_PER_MINUTE",
});

/** For routes where guessing could pay. Comes after the one that says who is calling. */
export const limitFailures: MiddlewareHandler<App> = async (c, next) => {
  const most = c.var.config.caps.MAX_FAILURES_PER_MINUTE;
  const nowMs = Date.now();
  const minute = minuteOf(nowMs);
  const subject = subjectOf(c);
  if ((await failuresSoFar(c, subject, minute)) >= most) return problem(c, tooOften(secondsLeft(nowMs)));
  await next();
  const { refusal }: Partial<App["Variables"]> = c.var;
  if (!GUESSED_WRONG.has(refusal?.code)) return undefined;
  // Guesses at the same moment have all passed the look above.
  if (!(await countFailure(c.env.DB, subject, minute, most))) answerInstead(c, problem(c, tooOften(secondsLeft(nowMs))));
  return undefined;
};

/** For what anybody may have stored here for a while: each address so often within a minute, whatever comes of it. */
export const limitStrangers: MiddlewareHandler<App> = async (c, next) => {
  const nowMs = Date.now();
  const counted = await countFailure(c.env.DB, `asks-${addressOf(c)}`, minuteOf(nowMs), c.var.config.caps.MAX_FAILURES_PER_MINUTE);
  return counted ? next() : problem(c, tooOften(secondsLeft(nowMs)));
};

/** Of somebody who is signed in they came with the session. */
async function failuresSoFar(c: Context<App>, subject: string, minute: number): Promise<number> {
  const { person }: Partial<App["Variables"]> = c.var;
  return person === undefined ? failuresOf(c.env.DB, subject, minute) : person.guesses;
}

function subjectOf(c: Context<App>): string {
  const { person }: Partial<App["Variables"]> = c.var;
  if (person !== undefined) return guessesBy(person.tokenHash);
  return addressOf(c);
}

function addressOf(c: Context<App>): string {
  const address = networkOf(c.req.header("cf-connecting-ip") ?? "unknown");
  return `address:${hex(keyedHash(c.var.config.serverSecret, "countersign/address/v1", utf8(address))).slice(0, 32)}`;
}

/** An IPv4 address as it is; of an IPv6 address the /64 that one subscriber has to choose from. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0") : [];
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

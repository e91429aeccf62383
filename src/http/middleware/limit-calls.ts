/**
 * How much one caller may call: an agent by its id, a session by itself. Calls that are refused are counted in D1, exactly, and at the
 * cap the caller has to wait, before anything but its credentials is looked at. All calls are counted where the platform does it
 * without a write (`ratelimits` of wrangler.toml): roughly, for each of its locations, and not in a deployment without.
 */
import type { Context } from "hono";
import { errorText, logLine } from "#config/log-line.ts";
import type { Failure } from "#rules/failure.ts";
import { callsOf, countFailure, minuteOf, secondsLeft } from "#storage/failures.ts";
import type { App, CallingPerson, CallLimit } from "#http/context.ts";
import { answerInPlaceOf } from "#http/failures.ts";
import { tooOften } from "#http/pages.tsx";

interface Caller {
  /** Whose refusals these are, in D1. */
  subject: string;
  /** Of this minute, as they were read with the caller's credentials. */
  refusals: () => number | Promise<number>;
  calls: RateLimit | undefined;
}

const tooManyRefusals = (retryAfter: number): Failure => ({
  code: "rate_limited",
  message: "Too many of your calls were refused within this minute, so this one was not looked at. Try again when it is over.",
  retryAfter,
  reason: "MAX_REFUSALS_PER_MINUTE",
});

const TOO_MANY_CALLS: Failure = {
  code: "rate_limited",
  message: "You call too often, so this call was not looked at. Try again in a minute, and then less often.",
  retryAfter: 60,
  reason: "ratelimits",
};

/** `refusals`: those of this minute, asked for once. */
export const limitOfAgent = (c: Context<App>, agentId: string, refusals: () => Promise<number>): CallLimit =>
  limitOf(c, { subject: callsOf("agent", agentId), refusals, calls: c.env.AGENT_CALLS });

/** Each session by itself, so that a stolen one keeps its owner from nothing. */
export const limitOfSession = (c: Context<App>, { refusals, tokenHash }: CallingPerson): CallLimit =>
  limitOf(c, { subject: callsOf("session", tokenHash), refusals: () => refusals, calls: c.env.SESSION_CALLS });

function limitOf(c: Context<App>, { subject, refusals, calls }: Caller): CallLimit {
  const most = c.get("config").caps.MAX_REFUSALS_PER_MINUTE;
  let isSettled = false;
  const settled = (over: Failure | null): Failure | null => {
    isSettled ||= over !== null;
    return over;
  };
  return {
    async admit() {
      if (!(await isWithin(calls, subject))) return settled(TOO_MANY_CALLS);
      return settled((await refusals()) >= most ? tooManyRefusals(secondsLeft(Date.now())) : null);
    },
    async countRefusal() {
      isSettled = true;
      const nowMs = Date.now();
      // Calls at the same moment have all been admitted.
      return (await countFailure(c.env.DB, subject, minuteOf(nowMs), most)) ? null : tooManyRefusals(secondsLeft(nowMs));
    },
    isSettled: () => isSettled,
  };
}

/** A limit that cannot be asked limits nothing: no authority rests on it, and not every deployment has one. */
async function isWithin(calls: RateLimit | undefined, key: string): Promise<boolean> {
  try {
    return calls === undefined || (await calls.limit({ key })).success;
  } catch (error) {
    logLine("unwell", { part: "call-limits", error: errorText(error) });
    return true;
  }
}

const isRefusal = (status: number): boolean => status >= 400 && status < 500;

/** Gives the answer, or leaves it to what comes next. */
type Serve = () => Promise<Response | void>;

/** Counts the call once it is refused, unless that has been done. */
export async function countIfRefused(c: Context<App>, limit: CallLimit, serve: Serve): Promise<Response | undefined> {
  const served = await serve();
  // What comes next gives hono's own context; its answer is there.
  const answer = served instanceof Response ? served : undefined;
  if (!isRefusal((answer ?? c.res).status) || limit.isSettled()) return answer;
  const over = await limit.countRefusal();
  if (over === null) return answer;
  return answerInPlaceOf(c, answer, await tooOften(c, over));
}

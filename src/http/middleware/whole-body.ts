/** What a person decides with is here before anything is decided, and the session stands then as well. */
import type { MiddlewareHandler } from "hono";
import { readBounded } from "#config/bounded-body.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { tooLargeBody } from "#http/read-body.ts";
import { requirePerson } from "./who-is-calling.ts";

/** A body that takes longer is a slow one. */
const SLOW_MS = 100;

/**
 * Takes in the whole body of who was let through (`requirePerson`): nobody's is waited for. Whoever sends it slowly is looked at again, since
 * a session that has ended meanwhile decides nothing.
 */
export const wholeBody =
  (...roles: CallingPerson["roles"]): MiddlewareHandler<App> =>
  async (c, next) => {
    const most = c.var.config.caps.MAX_BODY_BYTES;
    const beganMs = Date.now();
    const body = await readBounded(c.req.raw, most);
    if (body === null) return problem(c, tooLargeBody(most));
    const { url, method, headers } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, body });
    return Date.now() - beganMs > SLOW_MS ? requirePerson(...roles)(c, next) : next();
  };

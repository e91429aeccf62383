/** What a person decides with is here before it is asked whose session it is. */
import type { MiddlewareHandler } from "hono";
import { readBounded } from "#config/bounded-body.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { tooLargeBody } from "#http/read-body.ts";

/** Takes in the body first: one that comes slowly would let a session decide that has ended since it was looked at. */
export const bodyFirst: MiddlewareHandler<App> = async (c, next) => {
  const most = c.var.config.caps.MAX_BODY_BYTES;
  const body = await readBounded(c.req.raw, most);
  if (body === null) return problem(c, tooLargeBody(most));
  const { url, method, headers } = c.req.raw;
  c.req.raw = new Request(url, { method, headers, body });
  return next();
};

/** One line for each request, unless it is one call of a tool, which has a line that says more: what an operator needs to see what happened, and nothing that a caller wrote. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { errorText, logLine } from "#config/log-line.ts";
import type { App } from "#http/context.ts";

/** Worth a line only if they fail: they come by the thousand and say nothing. */
const UNEVENTFUL = new Set(["/assets/*", "/healthz"]);

/** Any other text in an id's place may be a key in the wrong field. */
const REQUEST_ID = /^apr_[\w-]{32}$/;

export const accessLog: MiddlewareHandler<App> = async (c, next) => {
  const beganMs = Date.now();
  await next();
  const { status } = c.res;
  if (status < 400 && c.get("isTold")) return;
  const path = matchedRoutes(c).findLast((route) => route.path !== "/*")?.path ?? "none";
  if (status < 400 && UNEVENTFUL.has(path)) return;
  const { agent, person, refusal }: Partial<App["Variables"]> = c.var;
  const id = c.req.param("id") ?? "";
  logLine("request", {
    method: c.req.method,
    path,
    status,
    ms: Date.now() - beganMs,
    agent: agent?.id,
    person: person?.id,
    request: REQUEST_ID.test(id) ? id : undefined,
    code: refusal?.code,
    reason: refusal?.reason,
    error: c.error === undefined ? undefined : errorText(c.error),
  });
};

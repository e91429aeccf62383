/** What systems hear of is on its way soon after a change; what was changed is told whether this comes to anything or not. */
import type { MiddlewareHandler } from "hono";
import type { App } from "#http/context.ts";

/** After a person has changed something. Nobody waits for it. */
export const tellOfChanges: MiddlewareHandler<App> = async (c, next) => {
  await next();
  const { person, ports }: Partial<App["Variables"]> = c.var;
  const { method } = c.req;
  if (person?.hasChannels && ports !== undefined && method !== "GET" && method !== "HEAD" && c.res.status < 400)
    c.executionCtx.waitUntil(ports.deliverDue());
};

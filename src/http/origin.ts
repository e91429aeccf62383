/** Where a request comes from and where it thinks it goes. Against other sites in the browser, and DNS rebinding. */
import type { Context, MiddlewareHandler } from "hono";
import type { Failure } from "../gate/failure.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";

const WRONG_HOST: Failure = { code: "forbidden", message: "This service does not answer under that name.", reason: "wrong-host" };
const WRONG_ORIGIN: Failure = {
  code: "forbidden",
  message: "This request did not come from this service's own pages.",
  reason: "wrong-origin",
};

/** Refuses every request whose Host is not that of the public origin. */
export const requireHost: MiddlewareHandler<App> = async (c, next) => {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (host !== new URL(c.var.config.origin).host) return problem(c, WRONG_HOST);
  return next();
};

/** A person's request that changes something needs the exact Origin; browsers always send it. */
export function refuseForeignForm(c: Context<App>): Failure | null {
  const readsOnly = c.req.method === "GET" || c.req.method === "HEAD";
  return readsOnly || c.req.header("origin") === c.var.config.origin ? null : WRONG_ORIGIN;
}

/** Agents send no Origin, unless a browser speaks for one: then it must be ours. */
export function refuseForeignPage(c: Context<App>): Failure | null {
  const origin = c.req.header("origin");
  return origin === undefined || origin === c.var.config.origin ? null : WRONG_ORIGIN;
}

/** `refuseForeignForm` for routes that need no session: signing in, enrolling. */
export const requireOrigin: MiddlewareHandler<App> = async (c, next) => {
  const refusal = refuseForeignForm(c);
  return refusal === null ? next() : problem(c, refusal);
};

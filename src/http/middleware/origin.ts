/** Where a request comes from and where it thinks it goes. Against other sites in the browser, DNS rebinding, and readers on the way. */
import type { Context, MiddlewareHandler } from "hono";
import type { Failure } from "#rules/failure.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { elsewhere, wantsPage } from "#http/pages.tsx";

/** The right name is no secret: whoever may come here was given it, and its certificate says it to everybody. */
const wrongHost = (origin: string): Failure => ({
  code: "forbidden",
  message: `This service answers at ${origin} and under no other name.`,
  reason: "wrong-host",
});
const NO_TLS: Failure = {
  code: "forbidden",
  message: "Use https. A key that was sent here has been seen by the network on the way: have it revoked.",
  reason: "no-tls",
};
const WRONG_ORIGIN: Failure = {
  code: "forbidden",
  message: "This request did not come from this service's own pages.",
  reason: "wrong-origin",
};

/** Refuses every request whose Host is not that of the public origin, with that one's address, and those without TLS where that has it. */
export const requireHost: MiddlewareHandler<App> = async (c, next) => {
  const { origin } = c.get("config");
  const [ourScheme, ourHost] = origin.split("//");
  const there = (): string => {
    const { pathname, search } = new URL(c.req.url);
    return `${origin}${pathname}${search}`;
  };
  if ((c.req.header("host") ?? new URL(c.req.url).host) !== ourHost) return elsewhere(c, wrongHost(origin), there());
  if (c.req.url.startsWith(`${ourScheme}//`)) return next();
  // Only people are sent on: a client that follows would give its key to the network each time, and nobody would notice.
  return wantsPage(c) ? c.redirect(there(), 308) : problem(c, NO_TLS);
};

/** A person's request that changes something needs the exact Origin; browsers always send it. */
export function refuseForeignForm(c: Context<App>): Failure | null {
  const readsOnly = c.req.method === "GET" || c.req.method === "HEAD";
  return readsOnly || c.req.header("origin") === c.get("config").origin ? null : WRONG_ORIGIN;
}

/** Agents send no Origin, unless a browser speaks for one: then it must be ours. */
export function refuseForeignPage(c: Context<App>): Failure | null {
  const origin = c.req.header("origin");
  return origin === undefined || origin === c.get("config").origin ? null : WRONG_ORIGIN;
}

/** `refuseForeignPage` for what people's programs call with a token. */
export const requireOwnPage: MiddlewareHandler<App> = async (c, next) => {
  const refusal = refuseForeignPage(c);
  return refusal === null ? next() : problem(c, refusal);
};

/** `refuseForeignForm` for routes that need no session: signing in, enrolling. */
export const requireOrigin: MiddlewareHandler<App> = async (c, next) => {
  const refusal = refuseForeignForm(c);
  return refusal === null ? next() : problem(c, refusal);
};

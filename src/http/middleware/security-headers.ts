/** Headers that every answer carries. Nothing is cached but the log, documents and content-hashed assets, which say so themselves. */
import type { MiddlewareHandler } from "hono";
import type { App } from "#http/context.ts";

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The policy's editor, and servers, which propose rules to it. */
const PAGES_WITH_FORMS: ReadonlySet<string> = new Set(["/admin/policy", "/admin/servers"]);

const YEAR_SECONDS = 31_536_000;

export const securityHeaders: MiddlewareHandler<App> = async (c, next) => {
  await next();
  // Those of other services (assets) cannot be changed, and are wrapped in one that can.
  if (c.req.path.startsWith("/assets/")) c.res = new Response(c.res.body, c.res);
  const { headers } = c.res;
  headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
  headers.set("x-content-type-options", "nosniff");
  // Forms that are sent without a script are told by their origin, which browsers keep back with the address.
  headers.set("referrer-policy", PAGES_WITH_FORMS.has(c.req.path) ? "same-origin" : "no-referrer");
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.set("permissions-policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)");
  // An agent's link must not scroll past what is to be read.
  if (c.req.path.startsWith("/a/")) headers.set("document-policy", "force-load-at-top");
  if (c.req.url.startsWith("https:")) headers.set("strict-transport-security", `max-age=${YEAR_SECONDS}; includeSubDomains`);
  if (c.req.path.startsWith("/assets/") && c.res.ok) headers.set("cache-control", `public, max-age=${YEAR_SECONDS}, immutable`);
  else if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
};

/**
 * What OAuth clients ask of a service that has no OAuth. A client whose key is wrong or missing gets 401, and many then look for an
 * authorization server: discovery (RFC 9728, RFC 8414), dynamic registration (RFC 7591), a token. Each is answered in the form of that
 * protocol's errors (RFC 6749, 5.2), because that is what clients show their users.
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { App } from "./context.ts";

const DESCRIPTION =
  "This service has no OAuth. Send the API key of an agent, which an admin makes, in the header X-Api-Key; if you did, that key is wrong or was revoked.";

const answer =
  (error: string, status: ContentfulStatusCode) =>
  (c: Context<App>): Response =>
    c.json({ error, error_description: DESCRIPTION }, status, { "cache-control": "no-store" });

/** There is no metadata: 404, upon which clients go on to registration. */
export const noMetadata = answer("not_found", 404);
export const noRegistration = answer("invalid_client_metadata", 400);
export const noToken = answer("invalid_client", 400);

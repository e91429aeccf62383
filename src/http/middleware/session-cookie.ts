/**
 * The cookie that holds a person's session. Lax, not Strict: a link to an approval in a mail must arrive signed in;
 * what changes state needs the exact Origin besides (origin.ts).
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { b64u, type Bytes, fromB64u } from "#countersign/encoding/bytes.ts";
import { sessionTokenHash } from "#gate/sessions/session.ts";
import type { App } from "#http/context.ts";

const NAME = "countersign";
const ATTRIBUTES = { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/** The hash of the token that the request carries; null if it carries none of the right form. */
export function sessionOfRequest(c: Context<App>): string | null {
  const token = fromB64u(getCookie(c, NAME, "host") ?? "");
  return token?.length === 32 ? sessionTokenHash(token) : null;
}

/** Gives the browser a session's token, 32 random bytes. */
export function setSessionCookie(c: Context<App>, token: Bytes): void {
  setCookie(c, NAME, b64u(token), ATTRIBUTES);
}

/** Takes it away. */
export function clearSessionCookie(c: Context<App>): void {
  deleteCookie(c, NAME, ATTRIBUTES);
}

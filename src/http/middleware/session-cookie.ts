/**
 * The cookie that holds a person's session. Lax, not Strict: a link to an approval in a mail must arrive signed in;
 * what changes state needs the exact Origin besides (origin.ts).
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { b64u, type Bytes, fromB64u } from "#countersign/encoding/bytes.ts";
import { newSession, sessionTokenHash } from "#gate/sessions/session.ts";
import type { SignInPorts } from "#gate/sessions/sign-in.ts";
import { signInPlace } from "#rules/notices/sign-in-place.ts";
import type { App } from "#http/context.ts";

const NAME = "countersign";
const ATTRIBUTES = { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/** The hash of the token that the request carries; null if it carries none of the right form. */
export function sessionOfRequest(c: Context<App>): string | null {
  const token = fromB64u(getCookie(c, NAME, "host") ?? "");
  return token?.length === 32 ? sessionTokenHash(token) : null;
}

/** Where the request comes from, in words of a fixed list. */
export const placeOf = (c: Context<App>): string => signInPlace(c.req.header("user-agent") ?? null);

/** Gives the browser a session's token, 32 random bytes, to keep as long as the session can last. */
export function setSessionCookie(c: Context<App>, token: Bytes): void {
  setCookie(c, NAME, b64u(token), { ...ATTRIBUTES, maxAge: c.var.config.sessionLimits.lifeMs / 1000 });
}

/** Opens a session without signing in, for a person who has just proved to hold the passkey, and gives the browser its token. */
export async function beginSession(
  c: Context<App>,
  holder: Parameters<typeof newSession>[1],
  ports: Pick<SignInPorts, "openSession" | "random" | "now" | "sessionLimits" | "origin">,
): Promise<void> {
  const token = ports.random(32);
  const opened = await ports.openSession(newSession(token, holder, [], placeOf(c), ports));
  if (!opened.ok) throw new Error("a session that spends no nonce was refused for one");
  setSessionCookie(c, token);
}

/** Takes it away. */
export function clearSessionCookie(c: Context<App>): void {
  deleteCookie(c, NAME, ATTRIBUTES);
}

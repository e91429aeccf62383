/**
 * What a person's browser has seen of the database, kept in a cookie, so that no page shows them less than they have changed or seen
 * before, wherever it is read (storage/near). Nothing is decided by it: whoever forges it sees an older page of what they may see.
 */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { nearReads, type Seen } from "#storage/near/near-reads.ts";
import type { App } from "#http/context.ts";

const NAME = "countersign-seen";
/** By then every replica is as new, or there is more wrong than an old page. */
const LIFE_SECONDS = 600;
const OWN_CHANGE = "own-change";
const BOOKMARK = /^[\w-]{8,128}$/;

function seenBy(c: Context<App>): Seen {
  const kept = getCookie(c, NAME, "host") ?? "";
  if (kept === OWN_CHANGE) return OWN_CHANGE;
  return BOOKMARK.test(kept) ? { upTo: kept } : null;
}

/** Whether this may have changed something: what was refused has not, what failed may have. */
const mayHaveChanged = ({ req: { method }, res: { status } }: Context<App>): boolean =>
  method !== "GET" && method !== "HEAD" && (status < 400 || status >= 500);

/**
 * Reads near as what this browser has seen, as `c.var.near`. Whoever is signed in and has changed something, or may have before it
 * failed, has their next page read at the primary; that gives the bookmark from which the pages after it go on. Strangers get no cookie,
 * so that what they are answered may be kept for all; agents, who bring a key, have nothing read near.
 */
export const followOwnChanges: MiddlewareHandler<App> = async (c, next) => {
  const near = nearReads(c.env.DB, seenBy(c));
  c.set("near", near);
  await next();
  const { person }: Partial<App["Variables"]> = c.var;
  if (person === undefined) return;
  const seen = mayHaveChanged(c) ? OWN_CHANGE : near.bookmark();
  if (seen === null || !BOOKMARK.test(seen)) return;
  setCookie(c, NAME, seen, { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax", maxAge: LIFE_SECONDS });
};

/**
 * What a person's browser has seen of the database, kept in cookies, so that no page shows them less than they have changed themselves,
 * wherever it is read (storage/near). Nothing is decided by them: whoever forges them sees an older page of what they may see.
 *
 * Two of them, because answers overtake one another: each change has a word of its own, and a bookmark counts only with the word of the
 * last change that it is newer than. An answer that was under way meanwhile brings the word of an earlier one, and covers nothing.
 */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { b64u } from "#countersign/encoding/bytes.ts";
import { nearReads, type Seen } from "#storage/near/near-reads.ts";
import type { App } from "#http/context.ts";

const CHANGED = "countersign-changed";
const SEEN = "countersign-seen";
/** By then every replica is as new, or there is more wrong than an old page. */
const ATTRIBUTES = { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax", maxAge: 600 } as const;
const WORD_BYTES = 9;

/** The word of the last change; empty for none. */
const changeOf = (c: Context<App>): string => /^[\w-]{12}$/.exec(getCookie(c, CHANGED, "host") ?? "")?.[0] ?? "";

function seenBy(c: Context<App>): Seen {
  const [, bookmark, covers = ""] = /^([\w-]{8,128})\.([\w-]{12})?$/.exec(getCookie(c, SEEN, "host") ?? "") ?? [];
  if (changeOf(c) !== "" && changeOf(c) !== covers) return "own-change";
  return bookmark === undefined ? null : { upTo: bookmark };
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
  const bookmark = near.bookmark();
  if (mayHaveChanged(c)) setCookie(c, CHANGED, b64u(crypto.getRandomValues(new Uint8Array(WORD_BYTES))), ATTRIBUTES);
  else if (bookmark !== null) setCookie(c, SEEN, `${bookmark}.${changeOf(c)}`, ATTRIBUTES);
};

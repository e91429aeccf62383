/** hono's own routers, asked once for what agents call all the time: they look through all routes for each request. */
import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

/** Nothing in it is a parameter, so that what serves it is the same each time. */
const QUICK = { method: "POST", path: "/mcp" };

export class QuickRouter<Handler> implements Router<Handler> {
  readonly name = "QuickRouter";
  readonly #router = new SmartRouter<Handler>({ routers: [new RegExpRouter(), new TrieRouter()] });
  #quick: Result<Handler> | null = null;

  add(method: string, path: string, handler: Handler): void {
    this.#router.add(method, path, handler);
  }

  match(method: string, path: string): Result<Handler> {
    if (method !== QUICK.method || path !== QUICK.path) return this.#router.match(method, path);
    return (this.#quick ??= this.#router.match(method, path));
  }
}

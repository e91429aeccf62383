/** hono's routing, and what it finds for the addresses of agents kept: nothing else is called so often, and a search takes as long as a judgement. */
import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

/** The endpoint, and a server's: of at most so many characters as its name may have. */
const OF_AGENTS = /^\/mcp(?:\/[a-z0-9-]{1,20})?$/;
const MOST_KEPT = 200;

export class KeptRoutes<Handler> implements Router<Handler> {
  readonly name = "KeptRoutes";
  readonly #router = new SmartRouter<Handler>({ routers: [new RegExpRouter(), new TrieRouter()] });
  readonly #kept = new Map<string, Result<Handler>>();

  add(method: string, path: string, handler: Handler): void {
    this.#router.add(method, path, handler);
  }

  match(method: string, path: string): Result<Handler> {
    if (method !== "POST" || !OF_AGENTS.test(path)) return this.#router.match(method, path);
    const kept = this.#kept.get(path) ?? this.#router.match(method, path);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(path, kept);
    return kept;
  }
}

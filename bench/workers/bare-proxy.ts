/**
 * The least that stands between a client and an MCP server: the same request there, the same answer back. Where objects are bound, one of
 * the caller's writes a row before, durably: the least that a call costs which nobody can make without its being on record.
 */
import { DurableObject } from "cloudflare:workers";

interface Bindings {
  UPSTREAM: string;
  OBJECTS?: DurableObjectNamespace<Recorded>;
}

export class Recorded extends DurableObject {
  #calls = 0;

  record(text: string): void {
    this.#calls += 1;
    this.ctx.storage.kv.put(`call ${this.#calls % KEPT}`, text);
  }
}

/** So many rows of one caller: those of earlier calls make room, as they do once they are handed over. */
const KEPT = 500;

const UP = ["accept", "content-type", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "last-event-id"];
const DOWN = ["content-type", "mcp-session-id", "cache-control"];

const picked = (from: Headers, names: readonly string[]): Headers => {
  const headers = new Headers();
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
};

export default {
  async fetch(request: Request, { UPSTREAM, OBJECTS }: Bindings): Promise<Response> {
    const { method } = request;
    const body = method === "POST" ? await request.text() : null;
    if (body !== null) await OBJECTS?.getByName(request.headers.get("x-api-key") ?? "").record(body);
    const answer = await fetch(UPSTREAM, { method, headers: picked(request.headers, UP), body, redirect: "manual" });
    return new Response(answer.body, { status: answer.status, headers: picked(answer.headers, DOWN) });
  },
};

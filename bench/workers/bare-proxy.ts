/** The least that stands between a client and an MCP server: the same request there, the same answer back. */
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
  async fetch(request: Request, { UPSTREAM }: { UPSTREAM: string }): Promise<Response> {
    const { method } = request;
    const body = method === "POST" ? await request.text() : null;
    const answer = await fetch(UPSTREAM, { method, headers: picked(request.headers, UP), body, redirect: "manual" });
    return new Response(answer.body, { status: answer.status, headers: picked(answer.headers, DOWN) });
  },
};

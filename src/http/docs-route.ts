/** `GET /docs`, what is below it, and `GET /llms.txt`: for anyone. Files that the build made of docs/, and no other asset. */
import type { Context } from "hono";
import type { App } from "./context.ts";
import { notFound } from "./pages.tsx";

/** A document, or with an ending its text or a picture. Such names are all that there are below docs/. */
const NAME = /^\/docs(?:\/(?<name>[a-z0-9-]+(?:\/[a-z0-9-]+)*(?<ending>\.(?:md|svg|png))?))?\/?$/;

/** Documents change with a deployment, which begins with an empty cache; a browser asks again after so long. */
const KEEP_SECONDS = 300;

function fileOf(path: string): string | null {
  if (path === "/llms.txt") return path;
  const { groups } = NAME.exec(path) ?? {};
  if (groups === undefined) return null;
  return `/docs/${groups["name"] ?? "index"}${groups["ending"] === undefined ? ".html" : ""}`;
}

export async function showDocument(c: Context<App>): Promise<Response> {
  const file = fileOf(c.req.path);
  if (file === null) return notFound(c);
  // Nothing of the caller goes along but what it has already.
  const known = c.req.header("if-none-match");
  const asked = new Request(new URL(file, c.req.url), { headers: known === undefined ? {} : { "if-none-match": known } });
  const answer = await c.env.ASSETS.fetch(asked);
  if (answer.status === 404) return notFound(c);
  const shown = new Response(answer.body, answer);
  if (answer.ok || answer.status === 304) shown.headers.set("cache-control", `public, max-age=${KEEP_SECONDS}`);
  return shown;
}

/** What a browser keeps of this service: the worker that shows pushes, and what makes the pages an app. Both are for anybody, and say nothing. */
import type { Context } from "hono";
import { SERVICE_WORKER, webManifest } from "#pages/channels/device-files.ts";
import type { App } from "#http/context.ts";

/** `GET /sw.js`: at the root, so that it may show what concerns every page. */
export async function serviceWorker(c: Context<App>): Promise<Response> {
  const built = await c.env.ASSETS.fetch(new Request(new URL(SERVICE_WORKER, c.req.url)));
  if (!built.ok) throw new Error("the service worker was not built");
  return c.body(await built.text(), 200, { "content-type": "text/javascript; charset=utf-8" });
}

/** `GET /manifest.webmanifest`. */
export const manifest = (c: Context<App>): Response =>
  c.body(JSON.stringify(webManifest), 200, { "content-type": "application/manifest+json" });

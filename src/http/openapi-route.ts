/** `GET /api/v1/openapi.json`. */
import type { Context } from "hono";
import document from "#dist/openapi.json" with { type: "json" };
import type { App } from "./context.ts";

export const openApi = (c: Context<App>): Response => c.json(document);

/** Who is asking: a person's browser, which is best answered with a page, or a program. */
import type { Context } from "hono";
import type { App } from "./context.ts";

export const wantsPage = (c: Context<App>): boolean => c.req.method === "GET" && (c.req.header("accept") ?? "").includes("text/html");

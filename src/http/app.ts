/** The route table. It reads as the security policy: who may call what. */
import { Hono } from "hono";
import { readConfig } from "../env.ts";
import type { App } from "./context.ts";

export const app = new Hono<App>();

app.use(async (c, next) => {
  c.set("config", readConfig(c.env));
  await next();
});

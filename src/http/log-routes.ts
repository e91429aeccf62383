/** What anybody may read of the log, mounted at /log: the newest checkpoint and the key to verify it with (C2SP tlog-tiles). */
import { type Context, Hono } from "hono";
import { type Bindings, readConfig } from "../env.ts";
import { logErrorCode, type TransparencyLog } from "../gate/transparency-log.ts";
import { errorText, logLine } from "../log-line.ts";
import { logOf } from "./gate-ports.ts";

type LogContext = Context<{ Bindings: Bindings }>;

const TEXT = "text/plain; charset=utf-8";

async function serve(c: LogContext, cacheControl: string, read: (log: TransparencyLog) => Promise<string>): Promise<Response> {
  try {
    const { log } = await logOf(c.env, readConfig(c.env));
    const text = await read(log);
    return c.body(text, 200, { "content-type": TEXT, "cache-control": cacheControl });
  } catch (error) {
    logLine("log-unavailable", codeAndMessage(error));
    return c.body("The log does not answer now.\n", 503, { "content-type": TEXT, "cache-control": "no-store" });
  }
}

function codeAndMessage(error: unknown): { code: string; error: string } {
  return { code: logErrorCode(error) ?? "unavailable", error: errorText(error) };
}

const onlyReads = (c: LogContext): Response =>
  c.body("Only GET and HEAD are answered here.\n", 405, { "content-type": TEXT, "cache-control": "no-store", allow: "GET, HEAD" });

export const logRoutes = new Hono<{ Bindings: Bindings }>()
  .get("/checkpoint", (c) => serve(c, "public, max-age=2", (log) => log.checkpoint()))
  .get("/vkey", (c) => serve(c, "public, max-age=60", (log) => log.vkey()))
  .all("/checkpoint", onlyReads)
  .all("/vkey", onlyReads);

/** `GET /verify`: for anyone. The receipt itself never comes here; the page's script checks it where it is. */
import type { Context } from "hono";
import { errorText, logLine } from "#config/log-line.ts";
import { VerifyPage } from "#pages/log/verify-page.tsx";
import type { App } from "#http/context.ts";

export const verifyPage = async (c: Context<App>): Promise<Response> =>
  c.html(<VerifyPage origin={c.var.config.origin} vkey={await ownVkey(c)} />);

/** The log's key; null while the log cannot say, because receipts of other services can be checked all the same. */
async function ownVkey(c: Context<App>): Promise<string | null> {
  try {
    const { log } = await c.var.ports.log();
    return (await log.vkey()).trim();
  } catch (error) {
    logLine("log-unavailable", { path: c.req.path, error: errorText(error) });
    return null;
  }
}

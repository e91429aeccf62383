/** How an admin takes back a signature that waits for another's. */
import type { Context } from "hono";
import { logLine } from "#config/log-line.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { withdrawSignature } from "#storage/proposals.ts";

/** `DELETE /api/v1/signatures/{operation}`: one's own, by the hash of what was signed. What has been completed with it stands. */
export async function dropSignature(c: Context<App>): Promise<Response> {
  const operation = c.req.param("operation") ?? "";
  if (!(await withdrawSignature(c.env.DB, operation, c.var.person.id))) {
    return problem(c, {
      code: "not_found",
      message: "No signature of yours is waiting under this. Perhaps another admin has just completed it.",
    });
  }
  logLine("signature-withdrawn", { admin: c.var.person.id });
  return c.body(null, 204);
}

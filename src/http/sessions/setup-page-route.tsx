/** Where the first person makes their passkey. */
import type { Context } from "hono";
import { errorText } from "#config/log-line.ts";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { SetupClosedPage } from "#pages/kit/message-page.tsx";
import { SetupPage } from "#pages/sessions/setup-page.tsx";
import { anybodyEnrolled } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";

/** `GET /setup`: open until somebody is enrolled. A log that cannot serve closes it too, and says why to the operator. */
export async function setup(c: Context<App>): Promise<Response> {
  try {
    const { log } = await c.var.ports.log();
    await log.vkey();
  } catch (error) {
    // What the log says of itself is for the operator; what a database says is for nobody here.
    const message = logErrorCode(error) === null || !(error instanceof Error) ? "The log cannot serve now." : error.message;
    return problem(c, { code: "unavailable", message, reason: errorText(error) });
  }
  return (await anybodyEnrolled(c.env.DB)) ? c.html(<SetupClosedPage />, 410) : c.html(<SetupPage />);
}

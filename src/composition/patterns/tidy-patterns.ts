/** What the cron does for what is refused without asking. */
import type { Bindings } from "#config/bindings.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { sweepComments } from "#storage/patterns/sweep.ts";

/** Takes away what was written to agents and serves no more. Never throws. */
export async function tidyPatterns({ DB }: Bindings): Promise<void> {
  try {
    await sweepComments(DB, Date.now());
  } catch (error) {
    logLine("patterns-round-failed", { error: errorText(error) });
  }
}

/** What the cron does for agents below others. */
import type { Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { endOverdueBelow } from "#gate/agents/below/end-below.ts";
import { endedBelow } from "#storage/chains/below.ts";
import { peoplePorts } from "../people-ports.ts";

/** Revokes those whose time is over, or that of one above. Their keys serve for nothing before that. Never throws. */
export async function endOverdueAgents(env: Bindings): Promise<void> {
  try {
    const ports = await peoplePorts(env, readConfig(env));
    await endOverdueBelow({
      ...ports,
      endedBelow: (now, most, forgottenFrom) => endedBelow(env.DB, now, most, forgottenFrom),
    });
  } catch (error) {
    logLine("agents-round-failed", { error: errorText(error) });
  }
}

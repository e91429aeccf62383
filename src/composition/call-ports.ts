/** What the cron does for the record of calls, made of this Worker's bindings. */
import { auditOf } from "#config/audit.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { sweepCalls } from "#storage/calls/sweep.ts";

/** One round; nothing without the record. */
export async function runCallsRound(env: Bindings, { keepCallsDays }: Config): Promise<void> {
  const audit = auditOf(env);
  if (audit !== null) await sweepCalls(audit, Date.now(), keepCallsDays);
}

/** What the crons do for the record, made of this Worker's bindings: it follows the log, and lets go of what was erased there. */
import { auditOf } from "#config/audit.ts";
import type { Bindings } from "#config/bindings.ts";
import { takeIn } from "#gate/audit/take-in.ts";
import { takeInPorts, checkErased } from "#storage/audit/copied-leaves.ts";

/** Writes of leaves in one minute: four thousand leaves, and fewer where they are long. */
const EACH_MINUTE = 20;

export async function followLog(env: Bindings): Promise<void> {
  const audit = auditOf(env);
  if (audit !== null) await takeIn(takeInPorts(env.DB, audit), EACH_MINUTE);
}

export async function checkRecord(env: Bindings): Promise<void> {
  const audit = auditOf(env);
  if (audit !== null) await checkErased(env.DB, audit);
}

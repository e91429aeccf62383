/** What the cron does for erasures, made of this Worker's bindings. */
import { timestamp } from "#countersign/documents/words.ts";
import type { Bindings } from "#config/bindings.ts";
import { keptName, wordsName } from "#gate/approvals/archive/archived-request.ts";
import { withholdRound } from "#gate/erasure/withhold-round.ts";
import { withholdEntries } from "#storage/audit/copied-leaves.ts";
import { dueRecords, lookFurther, withhold } from "#storage/erasure/withheld-records.ts";
import { sweepInvites } from "#storage/erasure/old-invites.ts";
import { errorText, logLine } from "#config/log-line.ts";

/** Invitations that have not been valid for a month name people for nothing. Never throws. */
export async function tidyInvites({ DB }: Bindings): Promise<void> {
  try {
    await sweepInvites(DB, Date.now());
  } catch (error) {
    logLine("erasure-round-failed", { error: errorText(error) });
  }
}

/** One round; two reads while nobody was erased. Never throws. */
export async function withholdNaming({ DB, ARCHIVE, AUDIT }: Bindings): Promise<void> {
  try {
    const withheld = await withholdRound({
      lookFurther: (mostLeaves) => lookFurther(DB, mostLeaves, Date.now()),
      due: (most) => dueRecords(DB, most),
      async forget(requests) {
        // What is over for ever has gone to an archive. If it is not bound for now, nothing is withheld that would stay there.
        if (ARCHIVE === undefined) throw new Error("there is no archive to take requests out of");
        await ARCHIVE.delete(requests.flatMap(({ id, endedAt }) => [keptName(id), wordsName(id, endedAt)]));
      },
      async withhold(records) {
        await withhold(DB, records, timestamp(Date.now()));
        // What this round does not reach there, the record finds by itself (storage/audit/copied-leaves.ts).
        if (AUDIT !== undefined) await withholdEntries(DB, AUDIT, records);
      },
    });
    if (withheld > 0) logLine("records-withheld", { records: withheld });
  } catch (error) {
    logLine("erasure-round-failed", { error: errorText(error) });
  }
}

/** What the cron does for the archive, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { archiveRound } from "#gate/approvals/archive/request-archive.ts";
import { archiveIn } from "#storage/archive/bucket.ts";
import { endedBefore } from "#storage/archive/over.ts";
import { requestObject } from "#config/object-places.ts";

/** One round; nothing without an archive. */
export async function runArchiveRound(env: Bindings, config: Config): Promise<void> {
  const archive = archiveIn(env.ARCHIVE, config);
  if (archive === null) return;
  await archiveRound({
    ...archive,
    endedBefore: (time, most) => endedBefore(env.DB, time, most),
    wake: (requestId) => requestObject(env, requestId).readText(false),
  });
}

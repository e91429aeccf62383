/** What an object archives its request with, made of its bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { ArchivingPorts } from "#gate/approvals/archive/request-archive.ts";
import { archiveIn } from "#storage/archive/bucket.ts";
import { isOverForEver, markOver } from "#storage/archive/over.ts";

/** Null without an archive. */
export function archivingPorts(env: Bindings, config: Config): ArchivingPorts | null {
  const archive = archiveIn(env.ARCHIVE, config);
  return archive && { ...archive, markOver: (request, at) => markOver(env.DB, request, at), isOver: (id) => isOverForEver(env.DB, id) };
}

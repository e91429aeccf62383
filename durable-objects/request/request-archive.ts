/** Where an object's request goes once all is over, and is found again; made of its bindings. Without an archive nothing of it happens. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { type ArchivingPorts, findInArchive } from "#gate/approvals/archive/request-archive.ts";
import { archiveApproval } from "#gate/approvals/object/archive-approval.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { archiveIn } from "#storage/archive/bucket.ts";
import { isOverAndWithheld, isOverForEver, markOver } from "#storage/archive/over.ts";
import type { KeptApproval } from "../kept-approval.ts";

function archivingPorts(env: Bindings, config: Config): ArchivingPorts | null {
  const archive = archiveIn(env.ARCHIVE, config);
  if (archive === null) return null;
  const { DB } = env;
  return {
    ...archive,
    markOver: (request, at) => markOver(DB, request, at),
    isOver: (id) => isOverForEver(DB, id),
    isWithheld: (id) => isOverAndWithheld(DB, id),
  };
}

export class RequestArchive {
  readonly #ports: ArchivingPorts | null;

  constructor(env: Bindings, config: Config) {
    this.#ports = archivingPorts(env, config);
  }

  /** How long after its last fact a request goes there; null for never. */
  get afterMs(): number | null {
    return this.#ports?.times.afterMs ?? null;
  }

  /** Looks whether it has what is not in the store (any more). Throws if that cannot be known. `name`: of the object, as whoever calls it knows it. */
  async recall(store: KeptApproval, name: string | undefined): Promise<void> {
    if (this.#ports === null || store.held() !== null) return;
    const requestId = name ?? store.emptied;
    if (requestId === undefined) throw new Error("an object that holds nothing does not know its name");
    store.archived = await findInArchive(requestId, this.#ports);
  }

  /** Moves there what is due, unless something else has to be done with it yet. Never throws. */
  async tryToArchive(store: KeptApproval, isOpen: (held: ApprovalState) => boolean): Promise<void> {
    const held = store.held();
    if (held === null || isOpen(held)) return;
    try {
      if (this.#ports !== null) await archiveApproval(store, this.#ports);
    } catch (error) {
      logLine("approval-not-archived-yet", { request: store.held()?.request.id, error: errorText(error) });
    }
  }
}

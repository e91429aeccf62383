/** What an object keeps of its approval, in its storage; or what was found of it in the archive, once it is emptied. */
import type { ApprovalStore, PageNonce } from "#gate/approvals/object/object-ports.ts";
import type { ApprovalState } from "#rules/approval.ts";

const APPROVAL = "approval";
const NONCES = "nonces";

export class KeptApproval implements ApprovalStore {
  readonly #storage: DurableObjectStorage;
  /** What the archive has, as it was last found. */
  archived: ApprovalState | null = null;
  /** The request that was here when this instance emptied itself. */
  emptied: string | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** What is stored here. */
  held(): ApprovalState | null {
    return this.#storage.kv.get<ApprovalState>(APPROVAL) ?? null;
  }

  read(): ApprovalState | null {
    return this.held() ?? this.archived;
  }

  isArchived(): boolean {
    return this.held() === null && this.archived !== null;
  }

  empty(): Promise<void> {
    this.emptied = this.held()?.request.id;
    return this.#storage.deleteAll();
  }

  write(approval: ApprovalState, alarmAtMs: number | null, nonces?: PageNonce[]): void {
    if (this.isArchived()) throw new Error(`${approval.request.id} is in the archive`);
    // The alarm is part of it: set and not awaited, it is rolled back with the rest.
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(APPROVAL, approval);
      if (nonces !== undefined) this.writeNonces(nonces);
      void (alarmAtMs === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(alarmAtMs));
    });
  }

  readNonces(): PageNonce[] {
    return this.#storage.kv.get<PageNonce[]>(NONCES) ?? [];
  }

  writeNonces(nonces: PageNonce[]): void {
    this.#storage.kv.put(NONCES, nonces);
  }
}

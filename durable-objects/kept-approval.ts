/** What an object keeps of its approval, in its storage, with what it has to tell; or what was found of it in the archive, once it is emptied. */
import type { ApprovalStore, PageNonce } from "#gate/approvals/object/object-ports.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { type NoticeState, noticeAlarm, withChange } from "#rules/notices/outbox.ts";

const APPROVAL = "approval";
const NONCES = "nonces";
const NOTICES = "notices";

/** How what is to be told gets on its way. */
export interface Telling {
  /** So long after a change the alarm looks whether it has been told. */
  graceMs: number;
  /** Called once what has to be told is stored. */
  wake: () => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const BY_ALARM: Telling = { graceMs: 0, wake: () => undefined, now: () => Date.now() };

export class KeptApproval implements ApprovalStore {
  readonly #storage: DurableObjectStorage;
  readonly #telling: Telling;
  /** What the archive has, as it was last found. */
  archived: ApprovalState | null = null;
  /** The request that was here when this instance emptied itself. */
  emptied: string | undefined;

  constructor(storage: DurableObjectStorage, telling = BY_ALARM) {
    this.#storage = storage;
    this.#telling = telling;
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
    const kept = this.notices();
    const notices = withChange(kept, this.held(), approval, this.#telling.now());
    const alarm = earlier(alarmAtMs, noticeAlarm(notices, this.#telling.now(), this.#telling.graceMs));
    // The alarm is part of it: set and not awaited, it is rolled back with the rest.
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(APPROVAL, approval);
      if (nonces !== undefined) this.writeNonces(nonces);
      if (notices !== kept) this.#storage.kv.put(NOTICES, notices);
      void (alarm === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(alarm));
    });
    if (notices !== kept) this.#telling.wake();
  }

  readNonces(): PageNonce[] {
    return this.#storage.kv.get<PageNonce[]>(NONCES) ?? [];
  }

  writeNonces(nonces: PageNonce[]): void {
    this.#storage.kv.put(NONCES, nonces);
  }

  notices(): NoticeState | null {
    return this.#storage.kv.get<NoticeState>(NOTICES) ?? null;
  }

  writeNotices(notices: NoticeState): void {
    if (this.held() !== null) this.#storage.kv.put(NOTICES, notices);
  }
}

/** Of two times, either of which may be none. */
export const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

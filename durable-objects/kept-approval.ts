/** What an object keeps of its approval, in its storage, with what it has to tell; or what was found of it in the archive, once it is emptied. */
import type { ApprovalStore, PageNonce } from "#gate/approvals/object/object-ports.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { type NoticeState, noticeAlarm, type Told, withChange, withTold, withToldAt } from "#rules/notices/outbox.ts";

const APPROVAL = "approval";
const NONCES = "nonces";
const NOTICES = "notices";
/** The use of a grant that is wanted for it, as long as nothing is opened. */
export const CLAIM = "claim";

/** How what is to be told gets on its way. */
export interface Telling {
  /** So many milliseconds after a change the alarm looks whether it has been told. */
  readonly patienceMs: number;
  /** Called once what has to be told of a request is stored. */
  wake(requestId: string): void;
}

const BY_ALARM: Telling = { patienceMs: 0, wake: () => undefined };

export class KeptApproval implements ApprovalStore {
  readonly #storage: DurableObjectStorage;
  readonly #telling: Telling;
  readonly #alsoDue: (approval: ApprovalState) => number | null;
  /** What the archive has, as it was last found. */
  archived: ApprovalState | null = null;
  #writes = 0;
  /** The request that was here when this instance emptied itself. */
  emptied: string | undefined;

  /** `alsoDue`: when something else has to be looked after in the same object. */
  constructor(
    storage: DurableObjectStorage,
    telling: Telling = BY_ALARM,
    alsoDue: (approval: ApprovalState) => number | null = () => null,
  ) {
    this.#storage = storage;
    this.#telling = telling;
    this.#alsoDue = alsoDue;
  }

  /** How often something was written here, so that what was made of it is known to be as new as it. */
  get writes(): number {
    return this.#writes;
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
    this.#writes += 1;
    return this.#storage.deleteAll();
  }

  write(approval: ApprovalState, alarmAtMs: number | null, nonces?: PageNonce[]): void {
    if (this.isArchived()) throw new Error(`${approval.request.id} is in the archive`);
    const kept = this.notices();
    const before = this.held();
    const notices = withChange(kept, before, approval, Date.now());
    const noticesDue = noticeAlarm(notices, Date.now(), this.#telling.patienceMs);
    const alarm = earlier(earlier(alarmAtMs, noticesDue), this.#alsoDue(approval));
    this.#writes += 1;
    // The alarm is part of it: set and not awaited, it is rolled back with the rest.
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(APPROVAL, approval);
      if (before === null && this.#storage.kv.get(CLAIM) !== undefined) this.#storage.kv.delete(CLAIM);
      if (nonces !== undefined) this.writeNonces(nonces);
      if (notices !== kept) this.#storage.kv.put(NOTICES, notices);
      void (alarm === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(alarm));
    });
    if (notices !== kept) this.#telling.wake(approval.request.id);
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

  /** What has been told is forgotten, and when somebody was told first is kept with the approval. */
  told(told: Told): void {
    this.#storage.transactionSync(() => {
      const [kept, approval] = [this.notices(), this.held()];
      if (kept !== null) this.writeNotices(withTold(kept, told));
      if (approval !== null) this.#put(approval, withToldAt(approval, { notifiedAt: told.notifiedAt }));
    });
  }

  /** Somebody who may decide has opened the page. */
  seen(at: string): void {
    const approval = this.held();
    if (approval !== null) this.#put(approval, withToldAt(approval, { seenAt: at }));
  }

  #put(before: ApprovalState, after: ApprovalState): void {
    if (after === before) return;
    this.#writes += 1;
    this.#storage.kv.put(APPROVAL, after);
  }

  /** Of a request that is here and no other; nothing if they are as they were. */
  writeNotices(notices: NoticeState | null): void {
    if (notices !== null && this.held() !== null && JSON.stringify(notices) !== JSON.stringify(this.notices()))
      this.#storage.kv.put(NOTICES, notices);
  }
}

/** Of two times, either of which may be none. */
export const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

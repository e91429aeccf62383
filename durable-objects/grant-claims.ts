/** The part of a request's object that opens what a grant may let pass (gate/approvals/object/open-by-grant.ts): its claim, kept until it is known. */
import { errorText, logLine } from "#config/log-line.ts";
import type { Opened, Opening } from "#gate/approvals/opening.ts";
import { type ClaimPorts, type ClaimStore, type GrantClaim, openByGrant } from "#gate/approvals/object/open-by-grant.ts";
import { CLAIM } from "./kept-approval.ts";

/** Whatever keeps the log from saying is tried again after this. */
const RETRY_MS = 10_000;

class KeptClaim implements ClaimStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  read(): GrantClaim | null {
    return this.#storage.kv.get<GrantClaim>(CLAIM) ?? null;
  }

  write(claim: GrantClaim, alarmAtMs: number): void {
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(CLAIM, claim);
      void this.#storage.setAlarm(alarmAtMs);
    });
  }

  drop(): void {
    this.#storage.transactionSync(() => {
      this.#storage.kv.delete(CLAIM);
      void this.#storage.deleteAlarm();
    });
  }
}

export class GrantClaims {
  readonly #ports: ClaimPorts;
  /** At most one at a time: whoever comes meanwhile finds what it has opened. */
  #underWay: Promise<Opened | "epoch-over"> | null = null;

  constructor(storage: DurableObjectStorage, ports: Omit<ClaimPorts, "claims">) {
    this.#ports = { ...ports, claims: new KeptClaim(storage) };
  }

  /** Whether opening goes by here: a grant may let it pass, or may let pass what came before. */
  concerns({ toTry }: Opening): boolean {
    return toTry !== undefined || (this.#ports.store.read() === null && this.#ports.claims.read() !== null);
  }

  async open(opening: Opening): Promise<Opened | "epoch-over"> {
    while (this.#underWay !== null) await this.#underWay.catch(() => undefined);
    this.#underWay = openByGrant(opening, this.#ports).finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  /** Goes on with what was begun and nobody waits for any more; the time of the next try is stored first. Never throws. */
  async resume(): Promise<void> {
    const claim = this.#ports.store.read() === null ? this.#ports.claims.read() : null;
    if (claim === null) return;
    try {
      this.#ports.claims.write(claim, this.#ports.now() + RETRY_MS);
      await this.open(claim.opening);
    } catch (error) {
      logLine("approval-not-logged-yet", { request: claim.opening.request.id, error: errorText(error) });
    }
  }
}

/** Keeps what an object holds up to date, as far as that can be done now. Nothing here throws: what is stored stays, and the alarm goes on. */
import { errorText, logLine } from "#config/log-line.ts";
import { within } from "#config/within.ts";
import { bringUpToDate, isBehind } from "#gate/approvals/object/approval-object.ts";
import type { UsePorts } from "#gate/approvals/object/use-approval.ts";
import type { KeptApproval } from "../kept-approval.ts";

/** So long an answer waits for a hand-over that is under way. */
const MOMENT_MS = 800;

export class UpToDate {
  readonly #store: KeptApproval;
  readonly #ports: () => UsePorts;
  readonly #keepAlarm: () => Promise<unknown>;
  /** At most one hand-over to the log at a time; whoever comes meanwhile waits for it. */
  #underWay: Promise<void> | null = null;

  /** `keepAlarm`: whoever comes by also sees to it that somebody comes by later, should an alarm have been lost. */
  constructor(store: KeptApproval, ports: () => UsePorts, keepAlarm: () => Promise<unknown>) {
    this.#store = store;
    this.#ports = ports;
    this.#keepAlarm = keepAlarm;
  }

  async try(): Promise<void> {
    const ports = this.#ports();
    try {
      await this.#keepAlarm();
      if (this.#store.held() === null) return;
      // Not known while D1 is away: whoever only reads is answered all the same.
      const log = await ports.logOrigin().catch(() => null);
      // Twice, because a hand-over under way may have begun before the newest write.
      for (let tries = 0; tries < 2 && isBehind(this.#store.read(), Date.now(), log); tries++) {
        this.#underWay ??= bringUpToDate(ports).finally(() => (this.#underWay = null));
        await this.#underWay;
      }
    } catch (error) {
      logLine("approval-not-logged-yet", { request: this.#store.read()?.request.id, error: errorText(error) });
    }
  }

  /** For answers that are as good while the log is slow: they tell what is stored, and the hand-over goes on. */
  async forAMoment(): Promise<void> {
    await within(MOMENT_MS, this.try()).catch(() => undefined);
  }
}

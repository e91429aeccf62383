/** When witnesses are asked: soon after the log has grown, at most once an interval, and again for those that failed. Works by an alarm. */

/** After a quiet time, so that what is appended together is cosigned together. */
const SETTLING_MS = 250;
/** An alarm that is so late was lost: nobody waits for its being kept. */
const LOST_AFTER_MS = 60_000;

export interface WitnessSchedulePorts {
  intervalMs: number;
  /** Resolves to when it has to be run again, in milliseconds since the epoch; null if it has not. */
  round: () => Promise<number | null>;
  /** Replaces the alarm that is set. */
  setAlarm: (atMs: number) => void;
  /** A round that asked nobody: the log or D1 did not answer. */
  roundFailed: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export class WitnessSchedule {
  readonly #ports: WitnessSchedulePorts;
  /** Null: none is set, or by an instance before this one. */
  #alarmAtMs: number | null = null;
  #lastRoundMs = 0;

  constructor(ports: WitnessSchedulePorts) {
    this.#ports = ports;
  }

  /** There will be a round. Costs nothing if one is about to be. */
  request(): void {
    const { now, intervalMs } = this.#ports;
    this.#wakeBy(Math.max(now() + SETTLING_MS, this.#lastRoundMs + intervalMs));
  }

  /**
   * To be called by the alarm, which is never called while it runs: so there is one round at a time. Never throws, since the
   * platform would call again at once: whoever appends next, or the cron, asks for the next round.
   */
  async wake(): Promise<void> {
    const { round, roundFailed, now } = this.#ports;
    this.#alarmAtMs = null;
    this.#lastRoundMs = now();
    try {
      const againAtMs = await round();
      if (againAtMs !== null) this.#wakeBy(againAtMs);
    } catch (error) {
      roundFailed(error);
    }
  }

  #wakeBy(atMs: number): void {
    const set = this.#alarmAtMs;
    if (set !== null && set <= atMs && this.#ports.now() - set < LOST_AFTER_MS) return;
    this.#alarmAtMs = atMs;
    this.#ports.setAlarm(atMs);
  }
}

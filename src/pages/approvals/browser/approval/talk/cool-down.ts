/** Counts down until something of an agent may be approved again, after a denial. Deny works meanwhile. */
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

const TICK_MS = 1_000;

export class CoolDown {
  readonly #offsetMs: number;
  readonly #changed: () => void;
  #untilMs: number;
  #timer: ReturnType<typeof setInterval> | null = null;

  /** `serverNow`: the server's time as the page was made. */
  constructor(until: string | undefined, serverNow: string, changed: () => void) {
    this.#offsetMs = Date.parse(serverNow) - Date.now();
    this.#changed = changed;
    this.#untilMs = until === undefined ? 0 : Date.parse(until);
    this.#tick();
  }

  /** So many seconds from now. */
  lasts(seconds: number): void {
    this.#untilMs = Math.max(this.#untilMs, Date.now() + this.#offsetMs + seconds * 1_000);
    this.#tick();
  }

  /** What keeps one from approving; null if nothing does. */
  get obstacle(): string | null {
    const left = Math.ceil((this.#untilMs - Date.now() - this.#offsetMs) / 1_000);
    return left <= 0 ? null : texts.coolDown.deniedBefore(left);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    this.stop();
    if (this.obstacle === null) return;
    this.#timer = setInterval(() => {
      if (this.obstacle === null) this.stop();
      this.#changed();
    }, TICK_MS);
  }
}

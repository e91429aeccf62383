/** A log's client that asks again, for some time, when no answer comes. What does come is judged by whoever asked. */
import type { Result } from "../../core/result.ts";
import { LogClient, type LogClientOptions, type LogRefused } from "../../sdk/log-client.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export interface Patience {
  /** For how long one question is asked again. */
  ms: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

export class PatientClient extends LogClient {
  readonly #patience: Patience;

  constructor(options: LogClientOptions, patience: Patience) {
    super(options);
    this.#patience = patience;
  }

  override checkpoint = () => this.#ask(() => super.checkpoint());
  override vkey = () => this.#ask(() => super.vkey());
  override keys = () => this.#ask(() => super.keys());
  override consistency = (...args: Parameters<LogClient["consistency"]>) => this.#ask(() => super.consistency(...args));
  override tile = (...args: Parameters<LogClient["tile"]>) => this.#ask(() => super.tile(...args));
  override entries = (...args: Parameters<LogClient["entries"]>) => this.#ask(() => super.entries(...args));

  async #ask<T>(question: () => Promise<Result<T, LogRefused>>): Promise<Result<T, LogRefused>> {
    const { ms, now, sleep } = this.#patience;
    const deadline = now() + ms;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      const answer = await question();
      if (answer.ok || answer.refusal.code !== "unreachable" || now() + pause > deadline) return answer;
      await sleep(pause);
    }
  }
}

/** A log's client that asks again, for some time, when no answer comes. What does come is judged by whoever asked. */
import type { Result } from "../../result.ts";
import { LogClient, type LogClientOptions, type LogRefused } from "../../sdk/log-client.ts";
import { askAgain, backOff } from "../../sdk/retry.ts";
import type { TileAddress } from "../../tlog/tile.ts";

export interface RetryPatience {
  /** For how long one question is asked again. */
  ms: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Once it is aborted, nothing is asked again. */
  ended: AbortSignal;
  /** Told of each question that is asked again, so that nobody waits without knowing for what. */
  onAgain: (refused: LogRefused) => void;
}

export class PatientClient extends LogClient {
  readonly #options: LogClientOptions;
  readonly #patience: RetryPatience;

  constructor(options: LogClientOptions, patience: RetryPatience) {
    super(options);
    this.#options = options;
    this.#patience = patience;
  }

  override ofEnded(origin: string) {
    return new PatientClient({ ...this.#options, url: super.ofEnded(origin).url }, this.#patience);
  }
  override checkpoint() {
    return this.#ask(() => super.checkpoint());
  }
  override vkey() {
    return this.#ask(() => super.vkey());
  }
  override keys() {
    return this.#ask(() => super.keys());
  }
  override consistency(from: number, to: number) {
    return this.#ask(() => super.consistency(from, to));
  }
  override tile(address: TileAddress, width: number) {
    return this.#ask(() => super.tile(address, width));
  }
  override entries(n: number, width: number) {
    return this.#ask(() => super.entries(n, width));
  }

  async #ask<T>(question: () => Promise<Result<T, LogRefused>>): Promise<Result<T, LogRefused>> {
    const { ms, now, sleep, ended, onAgain } = this.#patience;
    const deadline = now() + ms;
    return await askAgain(question, {
      isPassing: ({ code }) => code === "unreachable",
      pauseMs: (again, refused) => {
        if (ended.aborted || now() + backOff(again) > deadline) return null;
        onAgain(refused);
        return backOff(again);
      },
      sleep,
    });
  }
}

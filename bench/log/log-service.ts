/** The uploaded service on a log that is there already: appending to it from inside, reading it from outside. */
import type { PlatformUse } from "#test/support/service/platform-use.ts";
import { send, sockets } from "../calls.ts";
import { type Running, startGate } from "../runtime.ts";
import type { Writing, Written } from "../workers/log-writers.ts";

export class LogService {
  readonly #running: Running;
  readonly #origin: string;
  readonly #sockets = sockets();

  private constructor(running: Running, origin: string) {
    this.#running = running;
    this.#origin = origin;
  }

  /** `folder` holds the storage, `origin` is the log's origin line. */
  static async start(folder: string, origin: string): Promise<LogService> {
    return new LogService(await startGate({ around: "observed", inspected: true, folder, script: null, more: {} }), origin);
  }

  async stop(): Promise<void> {
    this.#sockets.destroy();
    await this.#running.stop();
  }

  /** What the platform was used for since this was last asked. */
  use(): Promise<PlatformUse> {
    return this.#observed("GET", "use");
  }

  write(writing: Omit<Writing, "origin">): Promise<Written> {
    return this.#observed("POST", "write", { ...writing, origin: this.#origin });
  }

  /** Milliseconds until all of it was there. */
  async read(path: string): Promise<number> {
    const beganMs = performance.now();
    const { status } = await send(this.#sockets, "GET", `${this.#running.origin}/log/${path}`, {});
    if (status !== 200) throw new Error(`${status} for ${path}`);
    return performance.now() - beganMs;
  }

  /** How many leaves the newest checkpoint has. */
  async size(): Promise<number> {
    const { text } = await send(this.#sockets, "GET", `${this.#running.origin}/log/checkpoint`, {});
    return Number(text.split("\n")[1]);
  }

  /** What JavaScript holds in the isolate of the Worker and its objects, in MiB. */
  async heapMib(): Promise<number> {
    await this.#observed("GET", "collect-garbage");
    return this.#running.heapMib();
  }

  memoryMib(): number {
    return this.#running.memoryMib();
  }

  async #observed<Known>(method: "GET" | "POST", path: string, body?: object): Promise<Known> {
    const { status, text } = await send(this.#sockets, method, `${this.#running.origin}/bench/${path}`, {}, body && JSON.stringify(body));
    if (status !== 200) throw new Error(`${status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as Known;
  }
}

/** Keeps a child running: started again when it ends, ever later, and greeted anew each time. */
import type { RunningChild } from "../../connector/frames.ts";
import { parsedObject } from "../../connector/parsed-object.ts";
import { visible } from "../visible.ts";
import { nextWaitMs } from "./waiting.ts";
import { later } from "./later.ts";
import { NO_COMMAND, StdioChild } from "./stdio-child.ts";

/** After so long a run it counts as one that went well. */
const WENT_WELL_MS = 60_000;

export interface KeeperHears {
  /** Which run there is to speak to; null while there is none. */
  runs(child: RunningChild | null): void;
  said(text: string): void;
  tell(line: string): void;
}

export class ChildKeeper {
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #hears: KeeperHears;
  #child: StdioChild | null = null;
  #running: RunningChild | null = null;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv, hears: KeeperHears) {
    this.#command = command;
    this.#env = env;
    this.#hears = hears;
  }

  get running(): RunningChild | null {
    return this.#running;
  }

  /** To that run of the child, and to no other. */
  async write(run: string, message: string): Promise<"written" | "not-written" | "not-known"> {
    return this.#running?.id === run && this.#child !== null ? this.#child.write(message) : "not-written";
  }

  /** Until `signal`. Resolves to what is amiss if the command cannot even be started the first time. */
  async keep(signal: AbortSignal): Promise<string | null> {
    for (let [failures, hasRun] = [0, false]; !signal.aborted;) {
      const startedMs = Date.now();
      const why = await this.#once(signal);
      if (signal.aborted) return null;
      if (why === NO_COMMAND && !hasRun) return `${visible(this.#command[0] ?? "")}: ${NO_COMMAND}`;
      hasRun = true;
      failures = Date.now() - startedMs > WENT_WELL_MS ? 0 : failures + 1;
      const waitMs = nextWaitMs(failures, 1_000, 60_000);
      this.#hears.tell(`the server ended (${visible(why)}); it is started again in ${Math.ceil(waitMs / 1_000)} s`);
      await pause(waitMs, signal);
    }
    return null;
  }

  /** At once, as this process ends. */
  kill(): void {
    this.#child?.kill();
  }

  /** One run, from its start to its end. */
  async #once(signal: AbortSignal): Promise<string> {
    const ended = later<string>();
    const child = new StdioChild(this.#command, this.#env, { said: (text) => this.#hears.said(text), ended: ended.resolve });
    this.#child = child;
    const stop = () => void child.stop().then(() => ended.resolve("it was told to"));
    signal.addEventListener("abort", stop, { once: true });
    try {
      const running = await child.greet();
      if (running !== null && !signal.aborted) {
        this.#running = running;
        this.#hears.tell(`the server runs${nameIn(running)}`);
        this.#hears.runs(running);
      } else if (!signal.aborted) {
        await child.stop();
        ended.resolve("it did not answer as an MCP server does");
      }
      return await ended.promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#child = null;
      if (this.#running !== null) this.#hears.runs(null);
      this.#running = null;
    }
  }
}

/** As it calls itself. */
function nameIn({ initialized }: RunningChild): string {
  const { serverInfo } = parsedObject(initialized) ?? {};
  const { name, version } = typeof serverInfo === "object" && serverInfo !== null ? (serverInfo as Record<string, unknown>) : {};
  return typeof name === "string" ? `: ${visible(name)}${typeof version === "string" ? ` ${visible(version)}` : ""}` : "";
}

/** Resolves after so long, or with the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

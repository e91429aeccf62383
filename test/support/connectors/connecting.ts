/** `countersign connect` as its user runs it, in a process of its own; what it tells is kept. */
import { type ChildProcess, spawn } from "node:child_process";
import { until } from "#test/support/calls/raw-agent.ts";
import { MAIN } from "#test/support/cli/command-line.ts";
import { plainEnvironment } from "#test/support/service/service.ts";

export interface Connection {
  name: string;
  origin: string;
  key: string;
  command: readonly string[];
  env?: Record<string, string>;
}

interface Watched extends Connection {
  /** An admin's reads: whether the gate has heard of the server is asked there. */
  admin: { get(path: string): Promise<{ json(): Promise<unknown> }> };
}

/** What the command tells and what the gate has read are two processes: the second may be later. */
async function isServed({ admin, name }: Watched): Promise<boolean> {
  const { items } = (await (await admin.get("/api/v1/connectors")).json()) as { items: { name: string; serves: boolean }[] };
  return items.some((one) => one.name === name && one.serves);
}

export class Connecting {
  readonly process: ChildProcess;
  readonly exit: Promise<number | null>;
  #told = "";
  #waiting: { pattern: RegExp; resolve: () => void }[] = [];

  private constructor({ name, origin, key, command, env = {} }: Connection) {
    this.process = spawn(process.execPath, [MAIN, "connect", name, "--", ...command], {
      env: { ...plainEnvironment(), COUNTERSIGN_URL: origin, COUNTERSIGN_CONNECTOR_KEY: key, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.exit = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stderr?.on("data", (chunk: Buffer) => {
      this.#told += chunk.toString();
      this.#waiting = this.#waiting.filter(({ pattern, resolve }) => {
        if (!pattern.test(this.#told)) return true;
        resolve();
        return false;
      });
    });
    process.once("exit", () => this.process.kill("SIGKILL"));
  }

  /** Resolves once it says that it is connected and that its server runs, and the gate says so too. */
  static async start(connection: Watched): Promise<Connecting> {
    const started = new Connecting(connection);
    await Promise.race([
      Promise.all([started.says(/connected to /), started.says(/the server runs/)]),
      started.exit.then((code) => {
        throw new Error(`countersign connect ended with ${code}: ${started.told}`);
      }),
    ]);
    await until(() => isServed(connection));
    return started;
  }

  /** Without waiting for anything. */
  static begin(connection: Connection): Connecting {
    return new Connecting(connection);
  }

  get told(): string {
    return this.#told;
  }

  /** Resolves once it has told such a thing, from the last `forget` on. */
  says(pattern: RegExp): Promise<void> {
    if (pattern.test(this.#told)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  forget(): void {
    this.#told = "";
  }

  async stop(): Promise<number | null> {
    this.process.kill("SIGTERM");
    // Of a process that a test has put to sleep.
    this.process.kill("SIGCONT");
    return this.exit;
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exit;
  }
}

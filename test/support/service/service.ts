/** The whole service as people start it, from outside: a process group with a port and a folder of state. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));
const READY = /^Countersign is ready at (http:\/\/localhost:\d+)$/;
const FIRST_PERSON = /^First person: http:\/\/localhost:\d+\/setup#(\S+)$/;

/** How a service is started; everything has a value of its own by default. */
export interface StartOptions {
  port?: number;
  stateDir?: string;
  /** The checkout that is started. */
  root?: string;
  /** The command; `["npm", "start"]` is what people type. */
  command?: readonly [string, ...string[]];
  /** Added to the environment. */
  env?: Record<string, string>;
  /** How long it may take to be ready. */
  patienceMs?: number;
}

/** A service that said it is ready. */
export interface Service {
  /** Such as `http://localhost:40123`. */
  origin: string;
  port: number;
  stateDir: string;
  /** Null once somebody is enrolled. */
  setupToken: string | null;
  /** Its process group, which is also the id of its first process. */
  group: number;
  /** Lines of standard output, and of standard error, as far as they have come. */
  stdout: string[];
  stderr: string[];
  /** The exit code of its first process, which comes last; null if a signal ended it. */
  ended: Promise<number | null>;
  /** Asks it to stop and resolves to that code. */
  stop: (signal?: "SIGTERM" | "SIGINT") => Promise<number | null>;
  /** Ends every process of the group at once, as a crash of the machine would. */
  kill: () => Promise<void>;
}

/** Below the ports that the system gives to connections: none of those takes one between its choice and its use. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that nothing listens on now, chosen so that another process which chooses at this moment chooses another one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

/** The environment of somebody's shell: nothing of npm, of the test runner, or of this repository's packages; only what Node has compiled is kept. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|WRANGLER_|VITEST|VITE_|NODE_(?!COMPILE_CACHE$)|INIT_CWD$|TEST$|PORT$|STATE_DIR$)/.test(name),
  );
  const paths = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...Object.fromEntries(inherited), PATH: paths.join(delimiter) };
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), "countersign-"));

/** A command on its way. */
export interface Launched {
  /** Its process group, which is also the id of its first process. */
  group: number;
  child: ChildProcess;
  stdout: string[];
  stderr: string[];
  /** The exit code of its first process; null if a signal ended it. */
  ended: Promise<number | null>;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Starts without waiting: for a start that is meant to fail. */
export async function launch(options: StartOptions = {}): Promise<Launched> {
  const [program, ...args] = options.command ?? ["node", "scripts/run.mjs", "start"];
  const places = { PORT: String(options.port ?? (await freePort())), STATE_DIR: options.stateDir ?? newFolder() };
  const child = spawn(program, args, {
    cwd: options.root ?? CHECKOUT,
    env: { ...plainEnvironment(), ...places, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const group = child.pid;
  if (group === undefined) throw new Error(`${program} cannot be started`);
  const endGroup = () => killGroup(group);
  process.once("exit", endGroup);
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      process.off("exit", endGroup);
      resolve(code);
    });
  });
  return { group, child, stdout, stderr, ended };
}

/** Starts a service and resolves once it is ready; throws with everything it printed if it does not come to that. */
export async function startService(options: StartOptions = {}): Promise<Service> {
  const port = options.port ?? (await freePort());
  const stateDir = options.stateDir ?? newFolder();
  const { child, group, stdout, stderr, ended } = await launch({ ...options, port, stateDir });

  const ready = new Promise<"ready">((resolve) => {
    child.stdout?.on("data", () => setImmediate(() => stdout.some((line) => READY.test(line)) && resolve("ready")));
  });
  const tooLate = wait(options.patienceMs ?? 280_000, "not ready in time", { ref: false });
  const outcome = await Promise.race([ready, ended, tooLate]);
  if (outcome !== "ready") {
    killGroup(group);
    throw new Error(`the service did not start (${String(outcome)}):\n${[...stdout, ...stderr].join("\n")}`);
  }
  return {
    origin: `http://localhost:${port}`,
    port,
    stateDir,
    setupToken: stdout.map((line) => FIRST_PERSON.exec(line)?.[1]).find((token) => token !== undefined) ?? null,
    group,
    stdout,
    stderr,
    ended,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      return await ended;
    },
    kill: async () => {
      killGroup(group);
      await ended;
    },
  };
}

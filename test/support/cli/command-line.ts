/**
 * The command line, in two ways: as the process that people start, for what only a process shows, and as a call of one command
 * in this process, which costs no start of Node.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command } from "#countersign/cli/command.ts";

/** What Node is given to start it. */
export const MAIN = fileURLToPath(new URL("../../../packages/countersign/src/cli/main.ts", import.meta.url));

export interface Ended {
  /** Null if a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** What every process of the tests gets: where programs are, and where Node keeps what it has compiled. */
export function leastEnvironment(): Record<string, string> {
  const { PATH = "", NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? { PATH } : { PATH, NODE_COMPILE_CACHE };
}

/** Runs the command line to its end in a process of its own, in the folder `cwd`, with `environment` and nothing else of this one's. */
export async function spawnCommandLine(args: readonly string[], cwd: string, environment: Record<string, string> = {}): Promise<Ended> {
  const env = { ...leastEnvironment(), ...environment };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

/**
 * Runs one command in this process, with relative files in the folder `cwd`: `args` are those after the command's name. What it
 * says at once stands before what it says in the end, as a process prints them. One call at a time: a process is in one folder.
 */
export async function runCommand(
  command: Command,
  args: readonly string[],
  cwd: string,
  environment: Record<string, string> = {},
): Promise<Ended> {
  let [printed, told] = ["", ""];
  const surroundings = {
    environment,
    print: (text: string) => void (printed += text),
    tell: (text: string) => void (told += text),
    isTerminal: false,
  };
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const { exitCode, stdout = "", stderr = "" } = await command.run([...args], surroundings);
    return { exitCode, stdout: printed + stdout, stderr: told + stderr };
  } finally {
    process.chdir(before);
  }
}

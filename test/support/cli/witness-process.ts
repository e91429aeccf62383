/** `countersign witness` as an operator runs it: a process with a port and a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { MAIN } from "#test/support/cli/command-line.ts";

export interface RunningProcess {
  url: string;
  vkey: string;
  /** `witness NAME VKEY URL`. */
  policyLine: string;
  /** What it prints before its first request. */
  greeting: string;
  /** Its lines about requests, as far as they have come. */
  log: Record<string, unknown>[];
  post: (body: string) => Promise<{ status: number; type: string | null; body: string }>;
  /** The latest checkpoint of an origin. */
  checkpoint: (originHash: string) => Promise<{ status: number; body: string }>;
  stop: (signal?: "SIGTERM" | "SIGINT") => Promise<number | null>;
  /** As a crash would. */
  kill: () => Promise<void>;
}

function lineAfter(lines: readonly string[], heading: string): string {
  return lines[lines.indexOf(heading) + 1]?.trim() ?? "";
}

/** Starts a witness on a free port unless `args` name one, and resolves once it is ready. */
export async function startWitness(cwd: string, args: readonly string[]): Promise<RunningProcess> {
  const all = [MAIN, "witness", ...(args.includes("--port") ? [] : ["--port", "0"]), ...args];
  const child: ChildProcess = spawn(process.execPath, all, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const endWithUs = () => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const log: Record<string, unknown>[] = [];
  const exited = once(child, "close").then(([code]) => code as number | null);
  if (child.stdout === null || child.stderr === null) throw new Error("its output is piped");
  createInterface({ input: child.stderr }).on("line", (line) => {
    stderr.push(line);
    if (line.startsWith("{")) log.push(JSON.parse(line) as Record<string, unknown>);
  });
  const ready = new Promise<"ready">((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      stdout.push(line);
      if (line.startsWith("  witness ")) resolve("ready");
    });
  });
  const outcome = await Promise.race([ready, exited]);
  if (outcome !== "ready") throw new Error(`the witness did not start (${String(outcome)}): ${stderr.join("\n")}`);

  const policyLine = lineAfter(stdout, "Its line for a witness policy:");
  const url = /^The witness is ready at (\S+)$/.exec(stdout[0] ?? "")?.[1] ?? "";
  return {
    url,
    vkey: lineAfter(stdout, "Its verifier key:"),
    policyLine,
    greeting: `${stdout.join("\n")}\n`,
    log,
    post: async (body) => {
      const response = await fetch(`${url}/add-checkpoint`, { method: "POST", body });
      return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
    },
    checkpoint: async (originHash) => {
      const response = await fetch(`${url}/${originHash}/checkpoint`);
      return { status: response.status, body: await response.text() };
    },
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      process.off("exit", endWithUs);
      return await exited;
    },
    kill: async () => {
      child.kill("SIGKILL");
      process.off("exit", endWithUs);
      await exited;
    },
  };
}

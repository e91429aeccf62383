/** Runs wrangler without its talk, its questions and its calls home, and leaves no process of it behind. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const END_WITH_PARENT = pathToFileURL(join(ROOT, "scripts/end-with-parent.mjs")).href;

/** How long wrangler may take to stop what it started. */
const GRACE_MS = 5_000;

/** What every process below this one carries in its environment, and no other does. */
const MARK = { name: "COUNTERSIGN_RUN", value: randomUUID() };

const environment = (stateDir) => ({
  ...process.env,
  [MARK.name]: MARK.value,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_REGISTRY_PATH: join(stateDir, "wrangler-registry"),
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
});

const COLOURS = /\u001b\[[\d;]*m/g;

/**
 * Starts `wrangler …args`. `onLine(line, stream)` gets what it prints, without colours and empty lines. Resolves to its
 * exit code, or null once `signal` is aborted and it has stopped.
 */
export async function wrangler(args, { stateDir, signal, onLine }) {
  if (signal.aborted) return null;
  const child = spawn(process.execPath, ["--import", END_WITH_PARENT, WRANGLER, ...args], {
    cwd: ROOT,
    env: environment(stateDir),
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of ["stdout", "stderr"]) {
    createInterface({ input: child[stream] }).on("line", (line) => {
      const plain = line.replaceAll(COLOURS, "").trimEnd();
      if (plain !== "") onLine(plain, stream);
    });
  }
  const ended = new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("close", (code) => settle(code ?? 1));
  });
  const stopped = new Promise((settle) => {
    signal.addEventListener("abort", () => settle(null), { once: true });
  });
  const code = await Promise.race([ended, stopped]);
  if (code === null) {
    child.kill("SIGTERM");
    await Promise.race([ended, wait(GRACE_MS, undefined, { ref: false })]);
  }
  await killWhatIsLeft(child);
  return code;
}

/** Whether a process carries the mark. One that has ended, or belongs to somebody else, does not. */
function isMarked(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${MARK.name}=${MARK.value}`);
  } catch {
    return false;
  }
}

/** workerd outlives a wrangler that was killed outright. Where there is no /proc, only wrangler itself is found. */
async function killWhatIsLeft(child) {
  if (process.platform !== "linux") return void child.kill("SIGKILL");
  for (;;) {
    const left = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isMarked(name));
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
    await wait(20);
  }
}

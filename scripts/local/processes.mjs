/** Runs a program and leaves no process of it behind. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withoutSecrets } from "../child-environment.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const END_WITH_PARENT = pathToFileURL(`${ROOT}scripts/end-with-parent.mjs`).href;

/** How long a program may take to stop what it started. */
const GRACE_MS = 5_000;

const COLOURS = /\u001b\[[\d;]*m/g;

/**
 * Runs a script of Node in this checkout. `onLine(line, stream)` gets what it prints, without colours and empty lines; `input`
 * is its standard input. Resolves to its exit code, or null once `signal` is aborted and it has stopped.
 */
export async function runScript(script, args, { signal, onLine, input = "", env = {} }) {
  if (signal.aborted) return null;
  // What every process below this one carries in its environment, and no other does.
  const mark = `COUNTERSIGN_RUN=${randomUUID()}`;
  const [name, value] = mark.split("=");
  const child = spawn(process.execPath, ["--import", END_WITH_PARENT, script, ...args], {
    cwd: ROOT,
    env: { ...withoutSecrets(process.env), ...env, [name]: value },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A program that ends without reading says why itself.
  child.stdin.on("error", () => {}).end(input);
  for (const stream of ["stdout", "stderr"]) {
    createInterface({ input: child[stream] }).on("line", (line) => {
      const plain = line.replaceAll(COLOURS, "").trimEnd();
      if (plain !== "") onLine(plain, stream);
    });
  }
  const closed = new Promise((settle) => child.once("close", settle));
  // Its own end and not that of its output, which what it started may hold open.
  const ended = new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("exit", (code) => settle(code ?? 1));
  });
  const stopped = new Promise((settle) => {
    signal.addEventListener("abort", () => settle(null), { once: true });
  });
  const code = await Promise.race([ended, stopped]);
  if (code === null) {
    child.kill("SIGTERM");
    await Promise.race([ended, wait(GRACE_MS, undefined, { ref: false })]);
  }
  await killWhatIsLeft(child, mark);
  await closed;
  return code;
}

/** Whether a process carries the mark. One that has ended, or belongs to somebody else, does not. */
function isMarked(pid, mark) {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
  } catch {
    return false;
  }
}

/** What a program started outlives it when it is killed outright. Where there is no /proc, only the program itself is found. */
async function killWhatIsLeft(child, mark) {
  if (process.platform !== "linux") return void child.kill("SIGKILL");
  for (;;) {
    const left = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isMarked(name, mark));
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

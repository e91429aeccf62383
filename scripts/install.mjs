/** Installs exactly what package-lock.json names, once for each of its states. Runs on Node 18 with no packages. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NPMS_OWN, withoutSecrets } from "./child-environment.mjs";

/** The state of the packages that belongs to this lockfile on this machine. */
const wantedState = (root) =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(`${process.platform}-${process.arch}`)
    .digest("hex");

/** npm as this was started from it, or the one on PATH. */
function npm() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script && node && /npm-cli\.[cm]?js$/.test(script) ? [node, script] : ["npm"];
}

/** No installation takes this long. */
const LONGEST_INSTALLATION_MS = 10 * 60_000;

/** Whether the owner of a lock was killed before it could give it back. */
function isAbandoned(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LONGEST_INSTALLATION_MS) return true;
    const owner = Number(readFileSync(lock, "utf8"));
    return owner > 0 && !process.kill(owner, 0);
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Takes the lock, a file with its owner's process id, or waits until `isDone`. Resolves to whether it was taken. */
async function takeLock(lock, isDone) {
  while (!isDone()) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    else await wait(200);
  }
  return false;
}

/**
 * Resolves to 0 once the packages are there, otherwise to npm's exit code. Standard output is left to the command that
 * needs the packages. `run(program, args, options)` runs a program and resolves to its exit code.
 */
export async function installPackages(root, run) {
  const stamp = join(root, "node_modules", ".installed");
  const wanted = wantedState(root);
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (isInstalled()) return 0;

  const lock = join(root, ".wrangler", "install.lock");
  mkdirSync(join(root, ".wrangler"), { recursive: true });
  if (!(await takeLock(lock, isInstalled))) return 0;
  try {
    console.error("Installing packages, once…");
    const [program, ...args] = npm();
    const code = await run(program, [...args, "ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      // What is installed may run scripts of its own.
      env: withoutSecrets(process.env, NPMS_OWN),
      stdio: ["ignore", 2, 2],
    });
    if (code === 0) writeFileSync(stamp, wanted);
    else console.error("countersign: the packages could not be installed; npm says above why");
    return code;
  } finally {
    rmSync(lock, { force: true });
  }
}

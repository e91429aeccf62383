/**
 * Runs a command of this repository with the packages of package-lock.json, installing them first where that is due, and
 * with the Node that is among them. Needs Node 18, npm and nothing else: it is what makes a fresh clone run.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { followParent } from "./follow-parent.mjs";
import { installPackages } from "./install.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");

/** The first Node that runs TypeScript as it is. */
const OLDEST_NODE = [22, 18];

/** What each command gives to Node: a script and its first arguments. */
const COMMANDS = {
  start: ["scripts/start.mjs"],
  test: ["scripts/test.mjs"],
  "test:clone": ["node_modules/vitest/vitest.mjs", "run", "--project", "clone"],
  check: ["scripts/check.mjs"],
  format: ["node_modules/oxfmt/bin/oxfmt"],
  build: ["scripts/build.mjs"],
  "verify:cases": ["scripts/test.mjs", "--every-case"],
  "verify:package": ["scripts/verify-package.mjs"],
  "verify:frameworks": ["scripts/verify/frameworks.mjs"],
  "verify:pages": ["scripts/test.mjs", "--every-case", "pages"],
  screenshots: ["scripts/pages/screenshots.mjs"],
  "screenshots:docs": ["scripts/docs/take-pictures.mjs"],
  docs: ["scripts/docs/write.mjs"],
  size: ["scripts/size.mjs"],
  "release:check": ["scripts/release/check.mjs"],
  demo: ["scripts/demo.mjs"],
  deploy: ["scripts/deploy.mjs"],
  backup: ["scripts/backup/backup.mjs"],
  restore: ["scripts/backup/restore.mjs"],
  countersign: ["packages/countersign/src/cli/main.ts"],
  "bench:latency": ["bench/latency.ts"],
  "bench:cost": ["bench/cost.ts"],
  "bench:throughput": ["bench/throughput.ts"],
  "bench:waiters": ["bench/waiters.ts"],
  "bench:cold": ["bench/cold.ts"],
  "bench:log": ["bench/log.ts"],
  "bench:lighthouse": ["bench/pages/lighthouse.ts"],
  "bench:gateway": ["bench/gateway/gateway.ts"],
  "bench:notify": ["bench/notify.ts"],
  "bench:audit": ["bench/audit/audit.ts"],
  "bench:policy": ["bench/policies/policy.ts"],
  "bench:trips": ["bench/trips.ts"],
  soak: ["bench/soak/soak.ts"],
};

/** The Node among the packages; where there is none for this platform, the one that runs this, if it is new enough. */
function findNode() {
  const packaged = join(BIN, "node");
  if (existsSync(packaged)) return packaged;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  throw new Error(`on ${platform} this needs Node ${OLDEST_NODE.join(".")} or newer, and this is ${process.versions.node}`);
}

/** The command line names files of the folder that it is called from, npm or not; everything else belongs to the root. */
function folderFor(command) {
  if (command !== "countersign") return ROOT;
  return process.env.npm_lifecycle_event === command ? (process.env.INIT_CWD ?? ROOT) : process.cwd();
}

let child;
let stoppedBy;

/** Passes a signal on; how to end is the child's to choose. */
function stop(signal) {
  stoppedBy = signal;
  child?.kill(signal);
}

/** Runs a program to its end; resolves to the exit code as a shell gives it. */
function run(program, args, options) {
  if (stoppedBy) return Promise.resolve(128 + constants.signals[stoppedBy]);
  return new Promise((resolve, reject) => {
    child = spawn(program, args, options);
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

async function main([command, ...args]) {
  if (!Object.hasOwn(COMMANDS, command ?? "")) throw new Error(`name one of: ${Object.keys(COMMANDS).join(", ")}`);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));
  if (process.env.npm_lifecycle_event) followParent(() => stop("SIGTERM"));

  const failure = await installPackages(ROOT, run);
  if (failure !== 0) return failure;

  const [script, ...fixed] = COMMANDS[command];
  return run(findNode(), [join(ROOT, script), ...fixed, ...args], {
    cwd: folderFor(command),
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` },
    stdio: "inherit",
  });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(`countersign: ${error.message}`);
    process.exit(1);
  },
);

/** Builds what browsers load, then runs every test but those of a new clone. Arguments are vitest's. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const END_WITH_PARENT = new URL("end-with-parent.mjs", import.meta.url).href;
const PROJECTS = ["node", "workerd", "faults", "witnesses", "e2e"];

/** Runs a script to its end; ends this one with its exit code if that is not 0. */
function run(script, ...args) {
  const command = ["--import", END_WITH_PARENT, join(ROOT, script), ...args];
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const given = process.argv.slice(2);
const projects = given.some((argument) => argument.startsWith("--project")) ? [] : PROJECTS.flatMap((name) => ["--project", name]);

run("scripts/build.mjs");
run("node_modules/vitest/vitest.mjs", "run", ...projects, ...given);

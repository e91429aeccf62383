/**
 * Builds what browsers load, then runs every test but those of a new clone. Arguments that come first name rooms, each of which is run
 * on every floor (`approvals`), or some of its files by how their names begin (`people/roles`). All others are vitest's. After
 * `--every-case`: every case of what is otherwise run in part (test/support/every-case.ts), in the files that have such cases if none are named.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutSecrets } from "./child-environment.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const END_WITH_PARENT = new URL("end-with-parent.mjs", import.meta.url).href;

/** Folders of test, each with a room a folder, and the projects that run them. */
const FLOORS = { node: ["node"], workerd: ["workerd", "faults", "witnesses", "channels"], e2e: ["e2e"] };
const PROJECTS = Object.values(FLOORS).flat();

/** Every test file, as a path from the root. */
const testFiles = () =>
  Object.keys(FLOORS).flatMap((floor) =>
    readdirSync(join(ROOT, "test", floor), { recursive: true })
      .filter((path) => /\.test\.tsx?$/.test(path))
      .map((path) => `test/${floor}/${path.replaceAll("\\", "/")}`),
  );

/** Memory as a file system, where a system has it. */
const IN_MEMORY = "/dev/shm";
const ENOUGH_BYTES = 4 * 1_024 ** 3;

/** Whether files may be kept there, programs too, and enough of them. */
function memoryServes() {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    const mount = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .find((line) => line.split(" ")[1] === IN_MEMORY);
    return bavail * bsize >= ENOUGH_BYTES && mount !== undefined && !/[ ,]noexec[ ,]/.test(mount);
  } catch {
    return false;
  }
}

/**
 * Where tests keep what is theirs for a while: in memory if that can be had. What stands for D1 here writes and waits for the disk in
 * each of its reads, and for whoever else writes there. Gone when this process ends; what a killed one left, the next takes away.
 */
function temporaryFolder() {
  if (process.env.TMPDIR !== undefined || !memoryServes()) return {};
  const prefix = "countersign-tests-";
  for (const name of readdirSync(IN_MEMORY)) {
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length))))
      rmSync(join(IN_MEMORY, name), { recursive: true, force: true });
  }
  const folder = join(IN_MEMORY, `${prefix}${process.pid}`);
  mkdirSync(folder, { mode: 0o700 });
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return { TMPDIR: folder };
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

const roomOf = (file) => file.split("/")[2];

/** The files of a room, or those whose names begin so, by `ROOM` or `ROOM/NAME`; ends the process if there are none. */
function filesOf(name, files) {
  const [room, begins = ""] = name.split(/\/(.*)/s);
  const found = files.filter((file) => roomOf(file) === room && file.split("/").slice(3).join("/").startsWith(begins));
  if (found.length > 0) return found;
  const ofRoom = files.filter((file) => roomOf(file) === room);
  const there = ofRoom.length > 0 ? ofRoom.map((file) => file.replace(/\.test\.tsx?$/, "")) : [...new Set(files.map(roomOf))];
  console.error(`There are no tests ${JSON.stringify(name)}. There are:\n  ${there.toSorted().join("\n  ")}`);
  process.exit(2);
}

/** Runs a script to its end; ends this one with its exit code if that is not 0. */
function run(script, args = [], environment = {}) {
  const command = ["--import", END_WITH_PARENT, join(ROOT, script), ...args];
  const env = { ...withoutSecrets(process.env), ...environment };
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** What vitest is given: the projects, the files, and its own arguments. A call that names projects is vitest's as it stands. */
function argumentsFor(given) {
  if (given.some((argument) => argument.startsWith("--project"))) return given;
  const own = given.findIndex((argument) => argument.startsWith("-") || argument.startsWith("test/"));
  const names = own === -1 ? given : given.slice(0, own);
  const all = testFiles();
  const files = names.flatMap((name) => filesOf(name, all));
  const floors = Object.keys(FLOORS).filter((floor) => files.some((file) => file.startsWith(`test/${floor}/`)));
  const projects = names.length === 0 ? PROJECTS : floors.flatMap((floor) => FLOORS[floor]);
  return [...projects.flatMap((name) => ["--project", name]), ...files, ...given.slice(names.length)];
}

/** What chooses among cases, and what does for the files that import it. */
const CHOOSERS = /\/(?:every-case|faults\/every-write|faults\/faults-of)\.ts"/;
const filesWithCases = () => testFiles().filter((path) => CHOOSERS.test(readFileSync(join(ROOT, path), "utf8")));

const isEveryCase = process.argv[2] === "--every-case";
const given = process.argv.slice(isEveryCase ? 3 : 2);
const args = argumentsFor(isEveryCase && given.length === 0 ? filesWithCases() : given);
run("scripts/build.mjs");
run("node_modules/vitest/vitest.mjs", ["run", ...args], { ...temporaryFolder(), ...(isEveryCase && { EVERY_CASE: "1" }) });

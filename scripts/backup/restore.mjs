/**
 * Makes both databases of a deployment again from what `npm run backup` wrote, checks the whole log, and says what of the record of calls
 * is missing. Only where there is nothing: it never writes over a database. Exit code 0: sound. 1: not, or not done.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { holdLock } from "../../packages/countersign/src/cli/files/hold-lock.ts";
import { readArguments } from "./arguments.mjs";
import { localReaders, remoteReaders } from "./readers.mjs";
import { missingCalls } from "./record-behind.mjs";
import { withoutSecrets, WRANGLERS_OWN } from "../child-environment.mjs";
import { takePrivateFolder } from "../local/private-files.mjs";
import { wrangler } from "../deploy/wrangler.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const USAGE = `Usage: npm run restore -- FOLDER (--local [--state-dir DIR] | --remote [--config FILE]) [--checkpoint FILE|URL] [--dry-run]

Makes both databases again from FOLDER/d1.sql and FOLDER/audit.sql. The service must not run, and there must be no database yet.
  --checkpoint FILE|URL      a signed checkpoint that the log has to contain: whether the backup is behind what was signed since
`;

/** What tells which migrations were applied: of the database that was there before. */
const STAMPS = ["migrations-applied", "migrations-applied-AUDIT"];

async function requireNothingThere(readers, binding, table) {
  const reader = readers[binding];
  if (reader === null) return;
  const found = await reader.rows(`SELECT 1 AS there FROM sqlite_master WHERE name = '${table}'`);
  if (found.length > 0) throw new Error(`${binding} has tables already, and is never written over: move it away, or make a new one`);
}

/** The whole log, made again and compared; its exit code. `file`: of a database on this machine. */
function check({ config, checkpoint }, file) {
  const place = file === undefined ? ["--remote", "--config", config] : [file];
  const args = ["fsck", ...place, ...(checkpoint === null ? [] : ["--checkpoint", checkpoint])];
  const program = join(ROOT, "packages/countersign/src/cli/main.ts");
  const env = withoutSecrets(process.env, WRANGLERS_OWN);
  return spawnSync(process.execPath, [program, ...args], { cwd: ROOT, stdio: "inherit", env }).status ?? 1;
}

async function fill({ folder, stateDir, config, isDryRun }) {
  const where = stateDir === null ? ["--remote", "--config", config] : ["--local", "--persist-to", stateDir];
  for (const [binding, name] of [
    ["DB", "d1.sql"],
    ["AUDIT", "audit.sql"],
  ]) {
    const file = join(folder, name);
    if (!isDryRun && !existsSync(file)) {
      if (binding === "DB") throw new Error(`there is no ${file}`);
      console.log(`There is no ${file}: the record of calls begins empty.`);
      continue;
    }
    const command = ["d1", "execute", binding, ...where, "--yes", "--file", file];
    if (isDryRun) console.log(`wrangler ${command.join(" ")}`);
    else await wrangler(command);
  }
}

async function restore(wish) {
  const { stateDir, config, isDryRun } = wish;
  const readers = () => (stateDir === null ? remoteReaders(config) : localReaders(stateDir));
  if (isDryRun) {
    await fill(wish);
    console.log(`countersign fsck ${stateDir === null ? `--remote --config ${config}` : `--local --state-dir ${stateDir}`}`);
    return;
  }
  const before = readers();
  await requireNothingThere(before, "DB", "log_leaf");
  await requireNothingThere(before, "AUDIT", "call");
  for (const reader of Object.values(before)) reader?.close();
  if (stateDir === null && before.AUDIT === null && existsSync(join(wish.folder, "audit.sql")))
    throw new Error(`the backup has a record of calls, and ${config} binds no AUDIT`);
  await fill(wish);
  if (stateDir !== null) for (const name of STAMPS) rmSync(join(stateDir, name), { force: true });
  const after = readers();
  process.exitCode = check(wish, after.DB?.file);
  const missing = await missingCalls(after);
  for (const reader of Object.values(after)) reader?.close();
  for (const sentence of missing) console.log(`The record of calls is behind: ${sentence}.`);
  if (missing.length === 0) console.log("The record of calls has all that the log commits to.");
}

async function main() {
  const wish = readArguments(process.argv.slice(2));
  if (wish === null) return void process.stdout.write(USAGE);
  if (wish.stateDir === null || wish.isDryRun) return restore(wish);
  takePrivateFolder(wish.stateDir);
  const release = await holdLock(join(wish.stateDir, "service"));
  if (release === null) throw new Error(`a Countersign runs on ${wish.stateDir}; stop it first`);
  try {
    await restore(wish);
  } finally {
    release();
  }
}

main().catch((error) => {
  console.error(`countersign: ${error.message}`);
  process.exitCode = 1;
});

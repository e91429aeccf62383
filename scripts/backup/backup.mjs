/**
 * Writes both databases of a deployment to a folder, as SQL that makes them again: `d1.sql` and `audit.sql`. Changes nothing.
 * docs/operations.md, "Backup and restore", says what is not in it.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readArguments } from "./arguments.mjs";
import { localReaders, remoteReaders } from "./readers.mjs";
import { searchWords } from "./search-words.mjs";
import { writeShortened, writeSqlFile } from "./sql-file.mjs";
import { wrangler } from "../deploy/wrangler.mjs";

const USAGE = `Usage: npm run backup -- FOLDER (--local [--state-dir DIR] | --remote [--config FILE]) [--dry-run]

Writes FOLDER/d1.sql and FOLDER/audit.sql, which npm run restore makes both databases of again.
`;

/** The copy of the log that is searched (d1-migrations/audit/0003): the cron takes it in again from the log. */
const TAKEN_IN = ["copied_log", "entry"];

const exportOf = (config, file) => ["d1", "export", "DB", "--remote", "--config", config, "--skip-confirmation", "--output", file];

async function main() {
  const wish = readArguments(process.argv.slice(2));
  if (wish === null) return void process.stdout.write(USAGE);
  const { folder, stateDir, config, isDryRun } = wish;
  const [whole, audit, exported] = ["d1.sql", "audit.sql", "exported-d1.sql"].map((name) => join(folder, name));
  if (isDryRun) {
    console.log(stateDir === null ? `wrangler ${exportOf(config, exported).join(" ")}` : `read DB in ${stateDir}, write ${whole}`);
    console.log(
      stateDir === null
        ? `wrangler d1 execute AUDIT --remote --config ${config} --json, table by table, write ${audit}`
        : `read AUDIT in ${stateDir}, write ${audit}`,
    );
    return;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const file of [whole, audit, exported])
    if (existsSync(file)) throw new Error(`${file} is there already; a backup is never written over`);
  const readers = stateDir === null ? remoteReaders(config) : localReaders(stateDir);
  if (readers.DB === null) throw new Error(`no service has kept its state in ${stateDir}`);
  if (stateDir === null) {
    await wrangler(exportOf(config, exported));
    await writeShortened(whole, exported);
    rmSync(exported);
  } else await writeSqlFile(whole, readers.DB);
  // After the log, which commits to what is in it: so that nothing is missing here that the other says was there.
  if (readers.AUDIT !== null) await writeSqlFile(audit, readers.AUDIT, { rowsOf: { words: searchWords }, withoutRows: TAKEN_IN });
  for (const reader of Object.values(readers)) reader?.close();
  console.log(
    `Written: ${whole}${readers.AUDIT === null ? "" : ` and ${audit}`}. They hold names, keys' hashes and sealed credentials: keep them as you keep the database.`,
  );
}

main().catch((error) => {
  console.error(`countersign: ${error.message}`);
  process.exitCode = 1;
});

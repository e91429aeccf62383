/** Reads the two databases of a deployment, where they are: of a service on this machine as files, of one at Cloudflare through wrangler. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { wranglerJson } from "../deploy/wrangler.mjs";

/** A table that each has and the other has not. */
const MARKS = { DB: "log_leaf", AUDIT: "call" };

/**
 * Both as `{ DB, AUDIT }` of the service whose state is in that folder; null where there is none. A database is read as it was when its
 * reading began, also while the service runs.
 */
export function localReaders(stateDir) {
  const found = { DB: null, AUDIT: null };
  const folder = join(stateDir, "v3", "d1");
  for (const file of existsSync(folder) ? globSync("**/*.sqlite", { cwd: folder }) : []) {
    const sqlite = new DatabaseSync(join(folder, file), { readOnly: true });
    sqlite.exec("BEGIN");
    const has = (table) => sqlite.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== undefined;
    const [binding] = Object.entries(MARKS).find(([, table]) => has(table)) ?? [];
    if (binding === undefined) sqlite.close();
    else
      found[binding] = { file: join(folder, file), rows: (sql) => Promise.resolve(sqlite.prepare(sql).all()), close: () => sqlite.close() };
  }
  return found;
}

/** Both of the deployment with that configuration of wrangler; AUDIT null if it binds none. */
export function remoteReaders(config) {
  const reader = (binding) => ({
    async rows(sql) {
      const [answer] = await wranglerJson(["d1", "execute", binding, "--remote", "--config", config, "--json", "--yes", "--command", sql]);
      return answer.results;
    },
    close: () => undefined,
  });
  const bindsAudit = /"?\bbinding"?\s*[:=]\s*"AUDIT"/.test(readFileSync(config, "utf8"));
  return { DB: reader("DB"), AUDIT: bindsAudit ? reader("AUDIT") : null };
}

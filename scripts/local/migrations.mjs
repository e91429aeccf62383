/** The tables of a service on this machine. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wrangler } from "./wrangler.mjs";

function fingerprint(folder) {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).toSorted()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}

/** Applies what is new in `folder` to the database under `stateDir`, and says what failed if something did. */
export async function applyMigrations(folder, { stateDir, signal }) {
  const stamp = join(stateDir, "migrations-applied");
  const wanted = fingerprint(folder);
  const isApplied = existsSync(join(stateDir, "v3", "d1")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (isApplied) return;

  mkdirSync(stateDir, { recursive: true });
  const said = [];
  const code = await wrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDir], {
    stateDir,
    signal,
    onLine: (line) => said.push(line),
  });
  if (code === 0) writeFileSync(stamp, wanted);
  else if (code !== null) throw new Error(`the migrations could not be applied:\n${said.join("\n")}`);
}

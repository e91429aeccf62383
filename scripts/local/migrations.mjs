/** The tables of a service on this machine. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrationConfig } from "./runtime-config.mjs";
import { post, runtime, withSocket } from "./runtime.mjs";

const readMigrations = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(join(folder, name), "utf8") }));

function fingerprint(migrations) {
  const hash = createHash("sha256");
  for (const { name, sql } of migrations) hash.update(`${name}\0`).update(sql);
  return hash.digest("hex");
}

/** Applies what is new in `folder` to the database of that binding under `stateDir`, and says what failed if something did. */
export async function applyMigrations(folder, { binding, upload, stateDir, persistence, signal }) {
  const migrations = readMigrations(folder);
  const stamp = join(stateDir, binding === "DB" ? "migrations-applied" : `migrations-applied-${binding}`);
  const wanted = fingerprint(migrations);
  const isApplied = existsSync(join(persistence, "d1")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (isApplied) return;
  const answer = await withSocket((socket) => apply(migrations, { binding, upload, persistence, socket, signal }));
  if (answer === null) return;
  if (answer.status !== 204) throw new Error(`the migrations could not be applied:\n${answer.text}`);
  writeFileSync(stamp, wanted);
}

/** The database runs by itself for this, so that nothing is served before. */
async function apply(migrations, { binding, upload, persistence, socket, signal }) {
  const done = new AbortController();
  const said = [];
  const running = runtime(await migrationConfig(upload, { binding, persistence, socket }), {
    signal: AbortSignal.any([signal, done.signal]),
    onLine: (line) => said.push(line),
  });
  const ended = running.then((code) => (code === null ? null : { status: code, text: said.join("\n") }));
  try {
    return await Promise.race([post(socket, JSON.stringify(migrations), { signal }), ended]);
  } finally {
    done.abort();
    await running;
  }
}

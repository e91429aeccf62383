/**
 * Brings the whole service up on this machine, and down again with every process it started. Standard output says that it
 * is ready and nothing else; the Worker's log and what goes wrong are on standard error.
 */
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { holdLock } from "../packages/countersign/src/cli/files/hold-lock.ts";
import { OPTIONAL_SECRETS, SETTINGS } from "../src/config/settings.ts";
import { followParent } from "./follow-parent.mjs";
import { keepTime } from "./local/clock.mjs";
import { applyMigrations } from "./local/migrations.mjs";
import { parsePort, requireFreePort } from "./local/port.mjs";
import { makePrivateFiles, takePrivateFolder } from "./local/private-files.mjs";
import { waitUntilServing } from "./local/readiness.mjs";
import { gateConfig } from "./local/runtime-config.mjs";
import { runtime, withSocket } from "./local/runtime.mjs";
import { readSecrets } from "./local/secrets.mjs";
import { makeUpload } from "./local/upload.mjs";
import { checkVariables } from "./local/variables.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SECRETS_FILE = join(ROOT, ".dev.vars");

/** Variables of the environment that reach the Worker as they are. */
const PASSED_ON = [...SETTINGS, ...OPTIONAL_SECRETS];

/** What earlier versions left in a state: a key, and traces of what was asked, which nothing reads any more. */
const LEFT_BEHIND = ["environment.vars", "wrangler-registry", "v3/observability"];

/** What the Worker is told: the environment counts more than the file, and where it listens is nobody's to say. */
function variablesFor(port, secrets) {
  const variables = { ...secrets };
  for (const name of PASSED_ON) if (process.env[name]) variables[name] = process.env[name];
  return { ...variables, PUBLIC_ORIGIN: `http://localhost:${port}` };
}

/** Two services on one state would each sign a log of their own, with one key. Gives what lets go of it. */
async function takeState(stateDir) {
  takePrivateFolder(stateDir);
  const release = await holdLock(join(stateDir, "service"));
  if (release === null)
    throw new Error(`another Countersign runs on ${stateDir}; stop it, or choose another folder: STATE_DIR=FOLDER npm start`);
  for (const name of LEFT_BEHIND) rmSync(join(stateDir, name), { recursive: true, force: true });
  return release;
}

async function main() {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => stopping.abort());
  followParent(() => stopping.abort());

  makePrivateFiles();
  const port = parsePort(process.env.PORT || "8787");
  const stateDir = resolve(ROOT, process.env.STATE_DIR || ".wrangler/state");
  await requireFreePort(port);
  const release = await takeState(stateDir);
  try {
    await serve(port, stateDir, stopping);
  } finally {
    release();
  }
}

async function serve(port, stateDir, stopping) {
  const { signal } = stopping;
  const secrets = await readSecrets(SECRETS_FILE);
  const variables = variablesFor(port, secrets);
  checkVariables(variables);
  const upload = await makeUpload({ signal });
  if (upload === null) return;
  // The folder in which wrangler keeps what it runs, so that a state begun with `wrangler dev` goes on.
  const persistence = join(stateDir, "v3");
  await applyMigrations(join(ROOT, "d1-migrations"), { binding: "DB", upload, stateDir, persistence, signal });
  await applyMigrations(join(ROOT, "d1-migrations", "audit"), { binding: "AUDIT", upload, stateDir, persistence, signal });
  await withSocket(async (clock) => {
    const config = await gateConfig(upload, { port, persistence, clock, variables });
    await run(config, { port, clock, setupToken: secrets.SETUP_TOKEN, stopping });
  });
}

async function run(config, { port, clock, setupToken, stopping }) {
  const { signal } = stopping;
  const running = runtime(config, { signal, onLine: (line) => console.error(line) });
  const failedEarly = running.then((code) => {
    if (code !== null) throw new Error(`the runtime ended with code ${code}`);
    return null;
  });
  try {
    const isOpen = await Promise.race([waitUntilServing(port, signal), failedEarly]);
    const ready = [`Countersign is ready at http://localhost:${port}`];
    if (isOpen) ready.push(`First person: http://localhost:${port}/setup#${setupToken}`);
    if (isOpen !== null) console.log(ready.join("\n"));
    await Promise.race([keepTime(clock, { signal }), failedEarly]);
  } finally {
    stopping.abort();
    await running;
  }
}

// A reader that stops reading must not stop the service.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

main().catch((error) => {
  console.error(`countersign: ${error.message}`);
  process.exitCode = 1;
});

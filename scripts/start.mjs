/**
 * Brings the whole service up on this machine, and down again with every process it started. Standard output says that it
 * is ready and nothing else; the Worker's log and what goes wrong are on standard error.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { holdLock } from "../src/cli/hold-lock.ts";
import { DEFAULT_CAPS } from "../src/core/caps.ts";
import { followParent } from "./follow-parent.mjs";
import { applyMigrations } from "./local/migrations.mjs";
import { parsePort, requireFreePort } from "./local/port.mjs";
import { waitUntilServing } from "./local/readiness.mjs";
import { readSetupToken, secretArguments } from "./local/secrets.mjs";
import { wrangler } from "./local/wrangler.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SECRETS_FILE = join(ROOT, ".dev.vars");

/** Variables of the environment that reach the Worker as they are. */
const PASSED_ON = [
  "LOG_ORIGIN",
  "ADMINS_REQUIRED",
  "ALLOW_REVEAL",
  "WITNESS_POLICY",
  "WITNESS_INTERVAL_SECONDS",
  ...Object.keys(DEFAULT_CAPS),
];

/** wrangler's own lines among the Worker's. */
const CHATTER = /^(\[wrangler:info\]|⎔ |\[custom build\] Running)/;

/** Passes the Worker's log on. What wrangler says before it serves is kept back, for the case that it never does. */
function makeLog() {
  const before = [];
  let serves = false;
  return {
    onLine: (line, stream) => {
      if (stream === "stderr" || (serves && !CHATTER.test(line))) console.error(line);
      else if (!serves) before.push(line);
      serves ||= line.startsWith("[wrangler:info] Ready on");
    },
    printBefore: () => before.forEach((line) => console.error(line)),
  };
}

function devArguments(port, stateDir) {
  const variables = { PUBLIC_ORIGIN: `http://localhost:${port}` };
  for (const name of PASSED_ON) if (process.env[name]) variables[name] = process.env[name];
  const fixed = ["dev", "--ip", "127.0.0.1", "--inspector-port", "0", "--show-interactive-dev-session=false", "--minify=false"];
  const given = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const secrets = secretArguments(SECRETS_FILE, stateDir, process.env);
  return [...fixed, "--port", String(port), "--persist-to", stateDir, ...secrets, ...given];
}

/** Two services on one state would each sign a log of their own, with one key. Gives what lets go of it. */
function takeState(stateDir) {
  mkdirSync(stateDir, { recursive: true });
  const release = holdLock(join(stateDir, "service"));
  if (release === null)
    throw new Error(`another Countersign runs on ${stateDir}; stop it, or choose another folder: STATE_DIR=FOLDER npm start`);
  return release;
}

async function main() {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => stopping.abort());
  followParent(() => stopping.abort());

  const port = parsePort(process.env.PORT || "8787");
  const stateDir = resolve(ROOT, process.env.STATE_DIR || ".wrangler/state");
  await requireFreePort(port);
  const release = takeState(stateDir);
  try {
    await serve(port, stateDir, stopping);
  } finally {
    release();
  }
}

async function serve(port, stateDir, stopping) {
  const { signal } = stopping;
  const setupToken = readSetupToken(SECRETS_FILE);
  await applyMigrations(join(ROOT, "d1-migrations"), { stateDir, signal });

  const log = makeLog();
  const serving = wrangler(devArguments(port, stateDir), { stateDir, signal, onLine: log.onLine });
  const failedEarly = serving.then((code) => {
    if (code === null) return null;
    log.printBefore();
    throw new Error(`wrangler ended with code ${code}`);
  });
  try {
    const isOpen = await Promise.race([waitUntilServing(port, signal), failedEarly]);
    const ready = [`Countersign is ready at http://localhost:${port}`];
    if (isOpen) ready.push(`First person: http://localhost:${port}/setup#${setupToken}`);
    if (isOpen !== null) console.log(ready.join("\n"));
    await failedEarly;
  } finally {
    stopping.abort();
    await serving;
  }
}

// A reader that stops reading must not stop the service.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

main().catch((error) => {
  console.error(`countersign: ${error.message}`);
  process.exitCode = 1;
});

/** The secrets of a service on this machine: `.dev.vars`, made once. Deployments keep theirs with `wrangler secret put`. */
import { randomBytes } from "node:crypto";
import { linkSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** How each secret of a service is made. */
export const MAKE_SECRET = {
  LOG_SIGNING_KEY: () => randomBytes(32).toString("base64"),
  SERVER_SECRET: () => randomBytes(32).toString("base64"),
  SETUP_TOKEN: () => randomBytes(24).toString("base64url"),
};

const fresh = () =>
  [
    "# Secrets of this machine's service, made by npm start. A log goes on with its LOG_SIGNING_KEY and no other.",
    ...Object.entries(MAKE_SECRET).map(([name, make]) => `${name}=${make()}`),
    "",
  ].join("\n");

/** Writes the file with its owner's eyes only and all at once, unless there is one. */
function makeFile(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, fresh(), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    // Whoever made it first wins, so that two services started together hold the same keys.
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * wrangler's arguments for the secrets at `path` and those of the environment, which count more. They go by a file, since
 * every user of this machine may read command lines; it lies in `stateDir`.
 */
export function secretArguments(path, stateDir, environment) {
  const { LOG_NEXT_SIGNING_KEY: next } = environment;
  const file = join(stateDir, "environment.vars");
  rmSync(file, { force: true });
  if (!next) return [];
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(file, `LOG_NEXT_SIGNING_KEY=${next}\n`, { mode: 0o600 });
  return ["--env-file", path, "--env-file", file];
}

/** The setup token of the `.dev.vars` at `path`, which is made if there is none; undefined if the file names none. */
export function readSetupToken(path) {
  if (!existsSync(path)) makeFile(path);
  return parseEnv(readFileSync(path, "utf8")).SETUP_TOKEN;
}

/** The secrets of a service on this machine: `.dev.vars`, made once. Deployments keep theirs with `wrangler secret put`. */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { takePrivateFile } from "./private-files.mjs";

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
  rmSync(draft, { force: true });
  // "x" also refuses a link that somebody put there meanwhile.
  writeFileSync(draft, fresh(), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
  } catch (error) {
    // Whoever made it first wins, so that two services started together hold the same keys.
    if (error.code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What the `.dev.vars` at `path` says, by name; it is made if there is none. */
export function readSecrets(path) {
  if (!takePrivateFile(path)) makeFile(path);
  return parseEnv(readFileSync(path, "utf8"));
}

/** The secrets of a service on this machine: `.dev.vars`, made once. Deployments keep theirs with `wrangler secret put`. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { makeFile } from "../../packages/countersign/src/cli/files/replace-file.ts";
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

/** What the `.dev.vars` at `path` says, by name; it is made if there is none. */
export async function readSecrets(path) {
  // Whoever makes it first wins, so that two services started together hold the same keys.
  if (!takePrivateFile(path)) await makeFile(path, fresh());
  // Again: a link may have been put there meanwhile.
  takePrivateFile(path);
  return parseEnv(readFileSync(path, "utf8"));
}

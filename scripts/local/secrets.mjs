/** The secrets of a service on this machine: `.dev.vars`, made once. Deployments keep theirs with `wrangler secret put`. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { parseEnv } from "node:util";
import { holdLock } from "../../packages/countersign/src/cli/files/hold-lock.ts";
import { makeFile, replaceFile } from "../../packages/countersign/src/cli/files/replace-file.ts";
import { takePrivateFile } from "./private-files.mjs";

/** How each secret of a service is made. */
export const MAKE_SECRET = {
  LOG_SIGNING_KEY: () => randomBytes(32).toString("base64"),
  SERVER_SECRET: () => randomBytes(32).toString("base64"),
  SETUP_TOKEN: () => randomBytes(24).toString("base64url"),
  VAULT_SECRET: () => randomBytes(32).toString("base64"),
};

/** What files of earlier versions lack. Of the others one that is missing is lost, and nothing that is made would replace it. */
const ADDED_SINCE = ["VAULT_SECRET"];

const fresh = () =>
  [
    "# Secrets of this machine's service, made by npm start. A log goes on with its LOG_SIGNING_KEY and no other.",
    ...Object.entries(MAKE_SECRET).map(([name, make]) => `${name}=${make()}`),
    "",
  ].join("\n");

const missingIn = (text) => ADDED_SINCE.filter((name) => parseEnv(text)[name] === undefined);

/** Adds what is missing. One service at a time: of two that each added theirs, one would seal with what is not kept. */
async function addMissing(path) {
  let release = await holdLock(path);
  for (; release === null; release = await holdLock(path)) await wait(20);
  try {
    const text = readFileSync(path, "utf8");
    const lines = missingIn(text).map((name) => `${name}=${MAKE_SECRET[name]()}\n`);
    if (lines.length > 0) await replaceFile(path, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${lines.join("")}`);
  } finally {
    release();
  }
}

/** What the `.dev.vars` at `path` says, by name; it is made if there is none. */
export async function readSecrets(path) {
  // Whoever makes it first wins, so that two services started together hold the same keys.
  if (!takePrivateFile(path)) await makeFile(path, fresh());
  // Again: a link may have been put there meanwhile.
  takePrivateFile(path);
  if (missingIn(readFileSync(path, "utf8")).length > 0) await addMissing(path);
  return parseEnv(readFileSync(path, "utf8"));
}

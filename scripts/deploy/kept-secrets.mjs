/** The secrets that were made here for a deployment: a file of their owner's alone, written before anybody else gets them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { replaceFile } from "../../packages/countersign/src/cli/files/replace-file.ts";
import { takePrivateFile } from "../local/private-files.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The file for a deployment at `origin`, from the root of the checkout. */
export const keptSecretsFile = (origin) => `.deploy.${new URL(origin).hostname}.vars`;

const pathFor = (origin) => join(ROOT, keptSecretsFile(origin));

/** Its text, empty if there is no file (any more). One that others could read or write is its owner's alone from now on. */
const textAt = (path) => (takePrivateFile(path) ? readFileSync(path, "utf8") : "");

/** Name to value; nothing if there is no file. Throws if a link is in its place, or others could replace it. */
export const keptSecrets = (origin) => parseEnv(textAt(pathFor(origin)));

/** Adds secrets, all or none of them. Cloudflare does not give them out again, so they are durable here before they are sent. */
export async function keepSecrets(origin, secrets) {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  await replaceFile(pathFor(origin), textAt(pathFor(origin)) + lines.join(""));
}

/** The secrets that were made here for a deployment: a file of their owner's alone, written before anybody else gets them. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The file for a deployment at `origin`, from the root of the checkout. */
export const keptSecretsFile = (origin) => `.deploy.${new URL(origin).hostname}.vars`;

/** Name to value; nothing if there is no file (any more). */
export function keptSecrets(origin) {
  const path = join(ROOT, keptSecretsFile(origin));
  return existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
}

/** Adds secrets. Cloudflare does not give them out again, so they are durable here before they are sent. */
export function keepSecrets(origin, secrets) {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  appendFileSync(join(ROOT, keptSecretsFile(origin)), lines.join(""), { mode: 0o600, flush: true });
}

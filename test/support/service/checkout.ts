/** A checkout of its own for tests that change its secrets or break its files. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));

/** What a service or a build leaves in a checkout, and history. */
const NOT_COPIED = new Set([".git", ".wrangler", ".dev.vars", "wrangler.deploy.json", "node_modules", "dist", "coverage"]);

/** What `npm start` bundled last (scripts/local/upload.mjs). */
export const BUNDLE = ".wrangler/bundle";

/**
 * Copies a checkout, by default this one, as it is now into a temporary folder, with the Worker as it was bundled last; the packages are
 * shared. Returns the folder.
 */
export function copyOfCheckout(checkout = CHECKOUT): string {
  const copy = mkdtempSync(join(tmpdir(), "countersign-checkout-"));
  // One by one, and without a filter: Node asks a filter for each file, and without one copies a folder at once.
  for (const name of readdirSync(checkout)) {
    if (!NOT_COPIED.has(name)) cpSync(join(checkout, name), join(copy, name), { recursive: true });
  }
  if (existsSync(join(checkout, BUNDLE))) cpSync(join(checkout, BUNDLE), join(copy, BUNDLE), { recursive: true });
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Gives a checkout the secrets that its services run with. */
export function writeSecrets(checkout: string, secrets: NodeJS.Dict<string>): void {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value ?? ""}\n`);
  writeFileSync(join(checkout, ".dev.vars"), lines.join(""), { mode: 0o600 });
}

/** The secrets of a checkout, by name. */
export const secretsOf = (checkout: string): NodeJS.Dict<string> => parseEnv(readFileSync(join(checkout, ".dev.vars"), "utf8"));

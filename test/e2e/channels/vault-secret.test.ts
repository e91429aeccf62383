/** The secrets of this machine's service: one that a file of an earlier version lacks is added, once, and stays. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const SECRETS = new URL("../../../scripts/local/secrets.mjs", import.meta.url).href;
const READ = `const { readSecrets } = await import(${JSON.stringify(SECRETS)}); console.log(JSON.stringify(await readSecrets(process.argv[1])));`;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "countersign-secrets-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What a service that starts would hold. */
async function read(path: string): Promise<NodeJS.Dict<string>> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", READ, path]);
  return JSON.parse(stdout) as NodeJS.Dict<string>;
}

it("services that start together on a file without VAULT_SECRET add one, and hold the same", async () => {
  const path = join(folder, ".dev.vars");
  const before = "# mine\nLOG_SIGNING_KEY=a\nSERVER_SECRET=b\nSETUP_TOKEN=c";
  writeFileSync(path, before);
  const held = await Promise.all(Array.from({ length: 4 }, () => read(path)));
  const text = readFileSync(path, "utf8");
  const { VAULT_SECRET: added = "" } = parseEnv(text);
  expect(text).toBe(`${before}\nVAULT_SECRET=${added}\n`);
  expect(Buffer.from(added, "base64")).toHaveLength(32);
  expect(held.map(({ VAULT_SECRET }) => VAULT_SECRET)).toEqual([added, added, added, added]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual([".dev.vars"]);
  expect(await read(path)).toEqual(parseEnv(text));
});

it("one that is set and empty stays so: without a vault on purpose", async () => {
  const path = join(folder, ".dev.vars");
  writeFileSync(path, "LOG_SIGNING_KEY=a\nVAULT_SECRET=\n");
  expect(await read(path)).toEqual({ LOG_SIGNING_KEY: "a", VAULT_SECRET: "" });
  expect(readFileSync(path, "utf8")).toBe("LOG_SIGNING_KEY=a\nVAULT_SECRET=\n");
});

it("a new file has it, and of other secrets none is made up for", async () => {
  const made = await read(join(folder, "new"));
  expect(Object.keys(made)).toEqual(["LOG_SIGNING_KEY", "SERVER_SECRET", "SETUP_TOKEN", "VAULT_SECRET"]);
  writeFileSync(join(folder, "old"), "SETUP_TOKEN=c\n");
  expect(Object.keys(await read(join(folder, "old")))).toEqual(["SETUP_TOKEN", "VAULT_SECRET"]);
});

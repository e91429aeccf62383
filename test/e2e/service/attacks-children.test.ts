/** What the programs that are started here get to know: not the secrets of whoever starts them. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { withoutSecrets } from "../../../scripts/child-environment.mjs";
import { SECRET_NAMES } from "#config/settings.ts";
import { SECRET_LOOKALIKES } from "#test/support/secret-lookalikes.ts";
import { copyOfCheckout } from "#test/support/service/checkout.ts";
import { processesOf } from "#test/support/service/processes.ts";
import { plainEnvironment, startService } from "#test/support/service/service.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const everything = mkdtempSync(join(tmpdir(), "countersign-children-"));
afterAll(() => rmSync(everything, { recursive: true }));
const newFolder = (): string => mkdtempSync(join(everything, "test-"));

const NAMES = Object.keys(SECRET_LOOKALIKES);

test("every secret of the service is withheld by its name", () => {
  const all = Object.fromEntries([...SECRET_NAMES, "COUNTERSIGN_API_KEY"].map((name) => [name, "secret"]));
  expect(withoutSecrets({ ...all, PATH: "/bin", PUBLIC_ORIGIN: "https://gate.example.com" })).toEqual({
    PATH: "/bin",
    PUBLIC_ORIGIN: "https://gate.example.com",
  });
});

/** Preloaded into every process of Node: writes down what it runs, and which of the secrets it could read. */
const journaling = (journal: string): string => {
  const source = `import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(journal)}, JSON.stringify({ script: process.argv[1] ?? "", held: ${JSON.stringify(NAMES)}.filter((name) => name in process.env) }) + "\\n");`;
  return `--import data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
};

test("of npm start: wrangler and the runtime get none, only what reads the settings does", async () => {
  const root = copyOfCheckout();
  rmSync(join(root, ".wrangler"), { recursive: true, force: true });
  const journal = join(newFolder(), "journal");
  const service = await startService({ root, env: { ...SECRET_LOOKALIKES, NODE_OPTIONS: journaling(journal) } });
  try {
    const runtimes = processesOf(service.group).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("workerd"));
    expect(runtimes.length).toBeGreaterThan(0);
    for (const pid of runtimes) {
      const names = readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .map((line) => line.split("=")[0] ?? "");
      expect(NAMES.filter((name) => names.includes(name))).toEqual([]);
    }
  } finally {
    await service.stop();
    rmSync(root, { recursive: true });
    rmSync(service.stateDir, { recursive: true });
  }
  const ran = readFileSync(journal, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { script: string; held: string[] });
  const holders = new Set(ran.filter(({ held }) => held.length > 0).map(({ script }) => script.split("/").slice(-2).join("/")));
  expect([...holders].toSorted()).toEqual(["scripts/run.mjs", "scripts/start.mjs"]);
  for (const script of ["wrangler.js", "keep-runtime.mjs"]) expect(ran.map((one) => one.script.split("/").at(-1))).toContain(script);
});

/** A program of that name that writes down its environment, and fails. */
function program(folder: string, name: string): string {
  const journal = join(folder, "environment.json");
  const write = `require("node:fs").writeFileSync(${JSON.stringify(journal)}, JSON.stringify(process.env)); process.exit(7)`;
  writeFileSync(join(folder, name), `#!/bin/sh\nexec "${process.execPath}" -e '${write}'\n`);
  chmodSync(join(folder, name), 0o755);
  return journal;
}
const environmentIn = (journal: string) => JSON.parse(readFileSync(journal, "utf8")) as NodeJS.Dict<string>;

test("of an installation: npm, and the scripts of what it installs, get what it signs in with alone", () => {
  const folder = newFolder();
  mkdirSync(join(folder, "scripts"));
  for (const name of readdirSync(join(ROOT, "scripts")).filter((one) => one.endsWith(".mjs")))
    cpSync(join(ROOT, "scripts", name), join(folder, "scripts", name));
  writeFileSync(join(folder, "package-lock.json"), "{}");
  const journal = program(folder, "npm");
  const env = {
    ...SECRET_LOOKALIKES,
    PATH: `${folder}:${process.env["PATH"] ?? ""}`,
    NPM_TOKEN: "npm-token",
    NODE_AUTH_TOKEN: "node-token",
  };
  expect(spawnSync(process.execPath, [join(folder, "scripts/run.mjs"), "check"], { env }).status).toBe(7);
  const got = environmentIn(journal);
  expect(NAMES.filter((name) => got[name] !== undefined)).toEqual([]);
  expect(got).toMatchObject({ NPM_TOKEN: "npm-token", NODE_AUTH_TOKEN: "node-token" });
});

test("of countersign fsck --remote: wrangler gets what it signs in with alone", () => {
  const folder = newFolder();
  cpSync(join(ROOT, "packages/countersign/src"), join(folder, "packages/countersign/src"), { recursive: true });
  cpSync(join(ROOT, "packages/countersign/package.json"), join(folder, "packages/countersign/package.json"));
  const wrangler = join(folder, "node_modules/wrangler/bin/wrangler.js");
  const journal = join(folder, "environment.json");
  mkdirSync(dirname(wrangler), { recursive: true });
  symlinkSync(join(ROOT, "node_modules/@noble"), join(folder, "node_modules/@noble"));
  writeFileSync(wrangler, `require("node:fs").writeFileSync(${JSON.stringify(journal)}, JSON.stringify(process.env)); process.exit(7)`);
  writeFileSync(join(folder, "wrangler.deploy.json"), "{}");
  const env = { ...plainEnvironment(), ...SECRET_LOOKALIKES, LOG_SIGNING_KEY: "withheld", CLOUDFLARE_API_TOKEN: "cf-token" };
  const { status } = spawnSync(process.execPath, [join(folder, "packages/countersign/src/cli/main.ts"), "fsck", "--remote"], { env });
  expect(status).toBe(2);
  const got = environmentIn(journal);
  expect([...NAMES, "LOG_SIGNING_KEY"].filter((name) => got[name] !== undefined)).toEqual([]);
  expect(got["CLOUDFLARE_API_TOKEN"]).toBe("cf-token");
});

/**
 * What starts another program with all that it has, or is given for it: the command itself, the runtime, whose parent has none, a
 * connector's server, which is given what its command leaves of it, a command that people approved, with the variables that they saw, and
 * the plugin of a tool, which starts the command line that needs its key.
 */
const PASSING_ON = [
  "packages/countersign/src/cli/connect/stdio-child.ts",
  "packages/countersign/src/cli/hook/opencode-plugin.ts",
  "packages/countersign/src/cli/run/start-command.ts",
  "scripts/local/keep-runtime.mjs",
  "scripts/run.mjs",
];
const HELD_BACK = /withoutSecrets\(process\.env|withoutOwnKeys\(|import \{ env, .*runtimes\.mjs"/;

test("no other file starts a program with all of the environment", () => {
  const sources = ["scripts", "packages/countersign/src"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(?:mjs|ts)$/.test(path))
      .map((path) => `${folder}/${path}`),
  );
  const starting = sources.filter((path) => /from "node:child_process"/.test(readFileSync(join(ROOT, path), "utf8")));
  expect(starting.length).toBeGreaterThan(9);
  const passing = starting.filter((path) => !HELD_BACK.test(readFileSync(join(ROOT, path), "utf8")));
  expect(passing.toSorted()).toEqual(PASSING_ON);
});

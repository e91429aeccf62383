/**
 * The package as it would be published, looked at by those who know what makes one unusable, and used in each Node that it is for, and in
 * Deno and Bun. Fetches what it needs for that. `npm run verify:package`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { CAME_OF_ANYWHERE, installPackage, runScenario } from "../test/support/installed-package.ts";
import { NPMS_OWN, withoutSecrets } from "./child-environment.mjs";

const env = withoutSecrets(process.env, NPMS_OWN);
const CACHE = fileURLToPath(new URL("../node_modules/.cache", import.meta.url));

/** The oldest line and the one after it; the Node that runs this is the third. */
const NODES = ["20.20.2", "22.23.5"];
const JUDGES = [
  ["publint@0.3.25", "--strict"],
  ["@arethetypeswrong/cli@0.18.5", "--profile", "esm-only", "--no-emoji"],
];

/** A program out of a package that holds it, in that version. */
function fetched(name, version, ...path) {
  const folder = join(CACHE, `${name.replace("/", "-")}-${version}`);
  const program = join(folder, "node_modules", name, ...path);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  execFileSync("npm", ["install", ...options, `${name}@${version}`], { env, stdio: "inherit" });
  chmodSync(program, 0o755);
  return program;
}

/** A Node of that version, for this platform. */
const nodeOf = (version) => fetched(`node-${process.platform}-${process.arch}`, version, "bin", "node");

/** Other runtimes that are fetched for this platform, and how each runs a program. */
const others = () => [
  {
    name: "Deno",
    program: fetched(`@deno/${process.platform}-${LIBC[process.arch]}`, "2.9.6", "deno"),
    args: ["run", "--quiet", "--allow-env", "--allow-sys", "--allow-read"],
  },
  {
    name: "Bun",
    program: fetched(`@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`, "1.4.5", "bin", "bun"),
    args: [],
  },
];
const LIBC = process.platform === "linux" ? { x64: "x64-glibc", arm64: "arm64-glibc" } : { x64: "x64", arm64: "arm64" };
const ELSEWHERE = `
  import * as sdk from "countersign";
  import * as testing from "countersign/testing";
  import { anywhere } from "./anywhere-scenario.mjs";
  console.log(JSON.stringify(await anywhere(sdk, testing)));
`;

/** What came of the scenario, but for what differs by design: the version, and what takes a newer Node. */
function comparable({ node, cli: { fsck, ...cli }, ...rest }) {
  const [code, said] = fsck;
  const isOld = node.startsWith("20.");
  if (code !== 2 || said.includes("takes Node 22.13 or newer") !== isOld) throw new Error(`fsck in Node ${node}: ${said}`);
  return { cli, ...rest };
}

const installed = await installPackage();
let failures = 0;
const report = (name, isGood) => {
  console.log(`${isGood ? "ok    " : "FAILED"} ${name}`);
  if (!isGood) failures += 1;
};
try {
  console.log(`${installed.packedBytes} bytes, ${installed.files.length} files`);
  for (const [judge, ...args] of JUDGES) {
    const { status } = spawnSync("npx", ["--yes", judge, ...args, installed.tarball], { env, stdio: "inherit", cwd: installed.folder });
    report(judge, status === 0);
  }
  const expected = comparable(await runScenario(installed, process.execPath));
  for (const node of [...NODES.map(nodeOf), process.execPath]) {
    const result = await runScenario(installed, node);
    const isGood = isDeepStrictEqual(comparable(result), expected);
    report(`in Node ${String(result.node)}`, isGood);
    if (!isGood) console.log(JSON.stringify(result, null, 2));
  }
  writeFileSync(join(installed.folder, "elsewhere.mjs"), ELSEWHERE);
  for (const { name, program, args } of others()) {
    const { stdout, stderr } = spawnSync(program, [...args, "elsewhere.mjs"], { env, encoding: "utf8", cwd: installed.folder });
    const isGood = stdout.startsWith("{") && isDeepStrictEqual(JSON.parse(stdout), CAME_OF_ANYWHERE);
    report(`in ${name}`, isGood);
    if (!isGood) console.log(stdout, stderr);
  }
} finally {
  rmSync(installed.folder, { recursive: true });
}
process.exitCode = failures === 0 ? 0 : 1;

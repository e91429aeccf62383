/**
 * The package as it would be published, looked at by those who know what makes one unusable, and used in each Node that it is for.
 * Fetches what it needs for that. `npm run verify:package`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { installPackage, runScenario } from "../test/support/installed-package.ts";
import { NPMS_OWN, withoutSecrets } from "./child-environment.mjs";

const env = withoutSecrets(process.env, NPMS_OWN);
const CACHE = fileURLToPath(new URL("../node_modules/.cache", import.meta.url));

/** The oldest line and the one after it; the Node that runs this is the third. */
const NODES = ["20.20.2", "22.23.5"];
const JUDGES = [
  ["publint@0.3.25", "--strict"],
  ["@arethetypeswrong/cli@0.18.5", "--profile", "esm-only", "--no-emoji"],
];

/** A Node of that version, out of the package for this platform. */
function nodeOf(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(CACHE, `node-${version}`);
  const node = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  execFileSync("npm", ["install", ...options, `${name}@${version}`], { env, stdio: "inherit" });
  return node;
}

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
} finally {
  rmSync(installed.folder, { recursive: true });
}
process.exitCode = failures === 0 ? 0 : 1;

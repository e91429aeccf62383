/**
 * The package as it would be published, looked at by those who know what makes one unusable, and used in each Node that it is for, and in
 * Deno and Bun. Fetches what it needs for that. `npm run verify:package`.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CAME_OF_ANYWHERE, installPackage, runScenario } from "../test/support/installed-package.ts";
import { env, nodes, others } from "./verify/runtimes.mjs";

const JUDGES = [
  ["publint@0.3.25", "--strict"],
  ["@arethetypeswrong/cli@0.18.5", "--profile", "esm-only", "--no-emoji"],
];

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
  for (const node of nodes()) {
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

/** Everything that can be said about the code without running it. Two checks at a time; the output of those that fail. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAssets } from "./build.mjs";
import { withoutSecrets } from "./child-environment.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const END_WITH_PARENT = new URL("end-with-parent.mjs", import.meta.url).href;
const AT_ONCE = 2;

/** Each part has the types of the place it runs in, and no others. */
const PARTS = [
  ".",
  "packages/countersign",
  "packages/countersign/src/sdk",
  "packages/countersign/src/frameworks",
  "packages/countersign/src/cli",
  "packages/countersign/src/testing",
  "packages/countersign/src/exports",
  "src/pages",
  "test",
  "test/workerd",
  "bench",
  "bench/workers",
];

const CHECKS = [
  { name: "lint, import directions", script: "oxlint/bin/oxlint", args: [] },
  { name: "format", script: "oxfmt/bin/oxfmt", args: ["--check"] },
  { name: "dead code", script: "knip/bin/knip.js", args: ["--no-progress"] },
  ...PARTS.map((part) => ({ name: `types of ${part === "." ? "the Worker" : part}`, script: "typescript/bin/tsc", args: ["-p", part] })),
];

/** Runs one check; resolves to its exit code and what it printed. */
function run({ script, args }) {
  return new Promise((settle, fail) => {
    const command = ["--import", END_WITH_PARENT, join(ROOT, "node_modules", script), ...args];
    const child = spawn(process.execPath, command, { cwd: ROOT, env: withoutSecrets(process.env), stdio: ["ignore", "pipe", "pipe"] });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => printed.push(chunk));
    child.once("error", fail);
    child.once("close", (code) => settle({ code, output: Buffer.concat(printed).toString().trim() }));
  });
}

// The pages name what was built.
await buildAssets();

const waiting = [...CHECKS];
let failures = 0;

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const startedMs = Date.now();
    const { code, output } = await run(check);
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${check.name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
    if (code === 0) continue;
    failures += 1;
    console.log(`${output}\n`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
console.log(failures === 0 ? "Everything holds." : `${failures} of ${CHECKS.length} checks failed.`);
process.exitCode = failures === 0 ? 0 : 1;

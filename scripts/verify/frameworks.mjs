/**
 * The package from its archive in an empty project of each framework, with that framework as it is published: a tool behind the gate,
 * approved, denied, waited for and gone on with, under every runtime that both are for. Fetches what it needs. `npm run verify:frameworks`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { CAME_OF_FRAMEWORKS } from "../../test/support/frameworks/framework-scenarios.mjs";
import { installPackage } from "../../test/support/installed-package.ts";
import { env, nodes, others } from "./runtimes.mjs";

const SCENARIO = fileURLToPath(new URL("../../test/support/frameworks/framework-scenarios.mjs", import.meta.url));

/** Each framework with the versions that are tried, and the oldest Node that it is for itself. */
const PROJECTS = [
  { framework: "ai-sdk", packages: ["ai@6.0.326", "zod@4.6.7"], node: 20 },
  { framework: "ai-sdk", packages: ["ai@7.0.173", "zod@4.6.7"], node: 22 },
  { framework: "openai-agents", packages: ["@openai/agents@0.20.0", "zod@4.6.7"], node: 22 },
  { framework: "langchain", packages: ["@langchain/core@1.4.0"], node: 20 },
];

const installed = await installPackage();
let failures = 0;

function verify(name, program, args, framework, cwd) {
  const { stdout, stderr } = spawnSync(program, [...args, "framework-scenarios.mjs", framework], { env, encoding: "utf8", cwd });
  const last = (stdout ?? "").trim().split("\n").at(-1) ?? "";
  const isGood = last.startsWith("{") && isDeepStrictEqual(JSON.parse(last), CAME_OF_FRAMEWORKS);
  console.log(`${isGood ? "ok    " : "FAILED"} ${name}`);
  if (isGood) return;
  failures += 1;
  console.log(stdout, stderr);
}

try {
  const runtimes = [
    ...nodes().map((program) => ({
      name: "Node",
      program,
      args: [],
      version: execFileSync(program, ["--version"], { env, encoding: "utf8" }),
    })),
    ...others().map((other) => ({ ...other, version: "" })),
  ];
  for (const { framework, packages, node } of PROJECTS) {
    const folder = join(installed.folder, packages[0].replaceAll(/[@/]/g, "-"));
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{ "name": "somebody", "private": true, "type": "module" }\n');
    const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    execFileSync("npm", ["install", ...options, installed.tarball, ...packages], {
      cwd: folder,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    copyFileSync(SCENARIO, join(folder, "framework-scenarios.mjs"));
    for (const { name, program, args, version } of runtimes) {
      const isFor = name !== "Node" || Number(version.slice(1).split(".")[0]) >= node;
      if (isFor) verify(`${packages[0]} in ${name} ${version.trim()}`, program, args, framework, folder);
    }
  }
} finally {
  rmSync(installed.folder, { recursive: true });
}
process.exitCode = failures === 0 ? 0 : 1;

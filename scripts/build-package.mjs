/**
 * Builds packages/countersign for those who install it: JavaScript for Node 20, browsers and Workers in dist, with what it takes from
 * other packages inside and their licences beside it, and declarations in dist/types. `npm run build -w countersign`; npm does it
 * itself before it packs.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { withoutSecrets } from "./child-environment.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = join(ROOT, "packages", "countersign");
const OUTPUT = join(PACKAGE, "dist");
const LICENSES = join(OUTPUT, "THIRD-PARTY-LICENSES.txt");

/** The oldest that the package runs on: what they lack of the language is rewritten, not what they lack of the library. */
const TARGETS = ["node20", "chrome111", "firefox119", "safari16.4"];

/** What is in several of these is in a chunk of its own, so that whoever loads two has each class once. */
const ENTRIES = {
  client: "src/exports/client.ts",
  "client-node": "src/cli/node-client.ts",
  verify: "src/exports/verify.ts",
  evidence: "src/exports/evidence.ts",
  log: "src/exports/log.ts",
  policy: "src/exports/policy.ts",
  testing: "src/exports/testing.ts",
  mcp: "src/exports/mcp.ts",
  "ai-sdk": "src/exports/ai-sdk.ts",
  "openai-agents": "src/exports/openai-agents.ts",
  langchain: "src/exports/langchain.ts",
  cli: "src/cli/main.ts",
};

/** Bundles all entries; gives the files that went in, from the root of this repository. */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(PACKAGE, path)])),
    outdir: OUTPUT,
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*"],
    target: TARGETS,
    charset: "utf8",
    legalComments: "none",
    tsconfigRaw: {},
    metafile: true,
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

/** The licences of the packages that files are of. */
function licenses(files) {
  const names = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(file)?.[1] ?? []));
  return [...names].map((name) => {
    const folder = join(ROOT, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} comes without the text of its licence`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
}

/** Declarations name each other with the extension that is there. */
function fixSpecifiers(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/((?:from|import\()\s*"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
}

/** Makes the declarations of what the package exports. Throws with what the compiler says against it. */
function declare() {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const options = { env: withoutSecrets(process.env), encoding: "utf8" };
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", join(PACKAGE, "tsconfig.build.json")], options);
  if (status !== 0) throw new Error(`the declarations cannot be made:\n${stdout}`);
  fixSpecifiers(join(OUTPUT, "types"));
}

/** Builds the package in place of what was built before. */
export async function buildPackage() {
  rmSync(OUTPUT, { recursive: true, force: true });
  const files = await bundle();
  chmodSync(join(OUTPUT, "cli.js"), 0o755);
  writeFileSync(LICENSES, `What is in dist is made of this package's own code and of these.\n\n${licenses(files).join("\n---\n\n")}`);
  declare();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await buildPackage();

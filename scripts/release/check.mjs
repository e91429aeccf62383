/**
 * `npm run release:check [-- --tag v1.2.3]`: whether this checkout can be released. Builds and packs the package as npm would publish it
 * and looks into it, writes the list of parts to dist/sbom.cdx.json, and compares versions and the changelog. Publishes nothing.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withoutSecrets } from "../child-environment.mjs";
import { changelogComplaints, contentComplaints, packComplaints, sbomComplaints, versionComplaints } from "./claims.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PACKAGE = join(ROOT, "packages", "countersign");
const SBOM = join("dist", "sbom.cdx.json");
const MOST_BYTES = 64 * 1024 * 1024;

const read = (path) => readFileSync(join(ROOT, path), "utf8");
const readJson = (path) => JSON.parse(read(path));

/** What a program prints; throws with what it says if it fails. */
function printed(program, args, cwd = ROOT) {
  const options = { cwd, env: withoutSecrets(process.env), encoding: "utf8", maxBuffer: MOST_BYTES };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined || status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? stderr}`);
  return String(stdout);
}

/** The package as it would be published: npm builds it first. */
function packed() {
  const said = printed("npm", ["pack", "--workspace", "countersign", "--dry-run", "--json"]);
  const [{ files }] = JSON.parse(said.slice(said.indexOf("[")));
  return files.map(({ path }) => path);
}

/** Name and version of what is bundled, as its licences name it. */
const bundled = () =>
  [...readFileSync(join(PACKAGE, "dist", "THIRD-PARTY-LICENSES.txt"), "utf8").matchAll(/^(@?[\w./-]+) (\d[\w.-]*) \([^)]+\)$/gm)].map(
    ([, name, version]) => `${name}@${version}`,
  );

/** Without --omit: npm then leaves out what tools use too. */
function partsListed() {
  const text = printed("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]);
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  writeFileSync(join(ROOT, SBOM), text);
  return JSON.parse(text);
}

function main() {
  const { tag = null } = parseArgs({ options: { tag: { type: "string" } } }).values;
  const [service, own, lock] = [readJson("package.json"), readJson("packages/countersign/package.json"), readJson("package-lock.json")];
  const files = packed();
  const cli = printed(process.execPath, [join(PACKAGE, "dist", "cli.js"), "--version"]).trim();
  const places = {
    "package.json": service.version,
    "packages/countersign/package.json": own.version,
    "package-lock.json": lock.packages[""].version,
    "package-lock.json, of the package": lock.packages["packages/countersign"].version,
    "countersign --version": cli,
    ...(tag === null ? {} : { "the tag": tag.replace(/^v/, "") }),
  };
  const taken = Object.keys(service.dependencies).map((name) => `${name}@${lock.packages[`node_modules/${name}`].version}`);
  const complaints = [
    ...packComplaints(files),
    ...files.flatMap((path) => contentComplaints(path, readFileSync(join(PACKAGE, path), "utf8"), ROOT)),
    ...versionComplaints(places),
    ...changelogComplaints(read("CHANGELOG.md"), tag === null ? null : service.version),
    ...sbomComplaints(partsListed(), { component: `${service.name}@${service.version}`, parts: [...new Set([...taken, ...bundled()])] }),
  ];
  for (const complaint of complaints) console.error(`countersign: ${complaint}`);
  if (complaints.length === 0) console.log(`${own.name} ${own.version} can be released: ${files.length} files; its parts are in ${SBOM}.`);
  return complaints.length === 0 ? 0 : 1;
}

process.exitCode = main();

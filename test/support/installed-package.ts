/** The package as it would be published, in a folder of somebody who has installed it and nothing else. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { plainEnvironment } from "#test/support/service/service.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VECTORS = join(ROOT, "test", "vectors");
const SCENARIO = fileURLToPath(new URL("package-scenario.mjs", import.meta.url));
/** What the scenario has any runtime do. */
export const ANYWHERE = fileURLToPath(new URL("anywhere-scenario.mjs", import.meta.url));
export const CAME_OF_ANYWHERE = {
  approved: 1,
  denied: "ApprovalDenied denied",
  aborted: "ApprovalPending aborted",
  resumed: 2,
  changed: "NotVerified payload_changed",
  twice: "OutcomeNotKnown already_redeemed",
  ran: [1, 3],
  withoutKey: "kept",
};
const run = promisify(execFile);

export interface InstalledPackage {
  /** Of whoever has installed it. */
  folder: string;
  /** Of the archive that was packed. */
  tarball: string;
  /** The archive's size, and the paths in it. */
  packedBytes: number;
  files: string[];
}

/** Builds, packs and installs it, with npm as it is on PATH and without network. The caller deletes `folder`. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-installed-"));
  const env = plainEnvironment();
  const packing = ["pack", "--workspace", "countersign", "--pack-destination", folder, "--json"];
  const { stdout } = await run("npm", packing, { cwd: ROOT, env });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string; size: number; files: { path: string }[] }];
  writeFileSync(join(folder, "package.json"), '{ "name": "somebody", "private": true, "type": "module" }\n');
  const tarball = join(folder, packed.filename);
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: folder, env });
  return { folder, tarball, packedBytes: packed.size, files: packed.files.map(({ path }) => path).toSorted() };
}

/** What somebody does with it in that Node, which has to come out alike in all: package-scenario.mjs. */
export async function runScenario({ folder }: InstalledPackage, node: string): Promise<Record<string, unknown>> {
  const scenario = join(folder, "scenario.mjs");
  copyFileSync(SCENARIO, scenario);
  copyFileSync(ANYWHERE, join(folder, "anywhere-scenario.mjs"));
  const { stdout } = await run(node, [scenario, VECTORS], { cwd: folder, env: plainEnvironment() });
  return JSON.parse(stdout) as Record<string, unknown>;
}

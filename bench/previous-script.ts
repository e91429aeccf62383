/** The script that an earlier commit uploads, built from its own sources with the packages of this checkout. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { uploadedScript } from "#test/support/deploy/uploaded-script.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** `which` is a commit, or the path of a script that was uploaded. */
export const previousScript = (which: string): Promise<string> =>
  existsSync(which) ? Promise.resolve(readFileSync(which, "utf8")) : scriptOf(which);

/** The packages are copied, not linked: what the commit wants of them is installed there, should it differ. */
async function scriptOf(commit: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-previous-"));
  try {
    const archive = join(folder, "sources.tar");
    await run("git", ["archive", "--output", archive, commit], { cwd: ROOT });
    await run("tar", ["-xf", archive], { cwd: folder });
    cpSync(join(ROOT, "node_modules"), join(folder, "node_modules"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith(join("node_modules", ".cache")),
    });
    return await uploadedScript(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

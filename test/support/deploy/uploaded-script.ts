/** What `wrangler deploy` uploads, and the tables it runs on. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import type { Miniflare } from "miniflare";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The script, minified, with its assets built; or that of another folder, with what wrangler has to be told there. */
export async function uploadedScript(root = ROOT, args: readonly string[] = []): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-upload-"));
  try {
    const wrangler = join(ROOT, "node_modules", ".bin", "wrangler");
    await promisify(execFile)(wrangler, ["deploy", ...args, "--dry-run", "--outdir", folder], { cwd: root });
    return readFileSync(join(folder, "worker.js"), "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Applies d1-migrations/ to the binding `DB` of a runtime, and with `audit` those of the record of calls to `AUDIT`. */
export async function makeTables(runtime: Miniflare, audit: "audit" | null = null): Promise<void> {
  const folders = { DB: "d1-migrations", ...(audit !== null && { AUDIT: "d1-migrations/audit" }) };
  for (const [binding, folder] of Object.entries(folders)) {
    const database = await runtime.getD1Database(binding);
    for (const { queries } of await readD1Migrations(join(ROOT, folder))) {
      for (const query of queries) await database.prepare(query).run();
    }
  }
}

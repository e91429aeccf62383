/** The very script that `wrangler deploy` uploads, minified, on the runtime alone: it comes up, and its log begins. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ORIGIN = "https://gate.example.com";
const VARIABLES = {
  PUBLIC_ORIGIN: ORIGIN,
  LOG_SIGNING_KEY: Buffer.alloc(32, 1).toString("base64"),
  SERVER_SECRET: Buffer.alloc(32, 2).toString("base64"),
  SETUP_TOKEN: "a-setup-token-that-is-long-enough",
};

const folder = mkdtempSync(join(tmpdir(), "countersign-upload-"));
let runtime: Miniflare;

beforeAll(async () => {
  const wrangler = join(ROOT, "node_modules", ".bin", "wrangler");
  await promisify(execFile)(wrangler, ["deploy", "--dry-run", "--outdir", folder], { cwd: ROOT });
  const options = convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "worker.js", contents: readFileSync(join(folder, "worker.js"), "utf8") }],
    // The Host that the Worker sees.
    upstream: ORIGIN,
    compatibilityDate: "2026-10-15",
    bindings: VARIABLES,
    d1Databases: { DB: "countersign" },
    durableObjects: {
      APPROVAL_REQUEST: { className: "ApprovalRequest", useSQLite: true },
      LOG_SEQUENCER: { className: "LogSequencer", useSQLite: true },
    },
    assets: {
      directory: join(ROOT, "dist", "browser"),
      binding: "ASSETS",
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
  });
  runtime = new Miniflare(options);
  const database = await runtime.getD1Database("DB");
  for (const { queries } of await readD1Migrations(join(ROOT, "d1-migrations"))) {
    for (const query of queries) await database.prepare(query).run();
  }
});
afterAll(async () => {
  await runtime?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string) => runtime.dispatchFetch(`${ORIGIN}${path}`);

it("serves the log, whose first leaf is genesis", async () => {
  const [origin, size] = (await (await get("/log/checkpoint")).text()).split("\n");
  expect([origin, size]).toEqual(["gate.example.com/log", "1"]);
});

it("serves the setup page and what it loads, over https only and kept by nobody but assets", async () => {
  const page = await get("/setup");
  expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-store"]);
  expect(page.headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
  const script = /src="(\/assets\/setup-[^"]+)"/.exec(await page.text())?.[1] ?? "";
  const loaded = await get(script);
  expect([loaded.status, loaded.headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
  expect(loaded.headers.get("content-security-policy")).toContain("script-src 'self'");
});

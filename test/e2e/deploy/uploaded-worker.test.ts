/** The very script that `wrangler deploy` uploads, minified, on the runtime alone: it comes up, and its log begins. */
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeTables, uploadedScript } from "#test/support/deploy/uploaded-script.ts";

const ORIGIN = "https://gate.example.com";
const VARIABLES = {
  PUBLIC_ORIGIN: ORIGIN,
  LOG_SIGNING_KEY: Buffer.alloc(32, 1).toString("base64"),
  SERVER_SECRET: Buffer.alloc(32, 2).toString("base64"),
  SETUP_TOKEN: "a-setup-token-that-is-long-enough",
};

let runtime: Miniflare;

beforeAll(async () => {
  const options = convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "worker.js", contents: await uploadedScript() }],
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
      directory: fileURLToPath(new URL("../../../dist/browser", import.meta.url)),
      binding: "ASSETS",
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
  });
  runtime = new Miniflare(options);
  await makeTables(runtime);
});
afterAll(async () => {
  await runtime?.dispose();
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

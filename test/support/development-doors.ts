/**
 * The doors that development servers open, as the installed miniflare's own source names them: a version that knows more has
 * more tried. And those of versions before it, of wrangler, and of debuggers.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const MINIFLARE = dirname(createRequire(import.meta.url).resolve("miniflare"));
const ENTRIES = join(MINIFLARE, "workers", "core");

const sources = [
  readFileSync(join(MINIFLARE, "index.js"), "utf8"),
  ...readdirSync(ENTRIES).map((name) => readFileSync(join(ENTRIES, name), "utf8")),
];

const found = (pattern: RegExp): string[] =>
  [...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = ""]) => name)))].toSorted();

/** Headers that miniflare reads or writes. */
export const HEADERS = found(/["'`]((?:MF|Mf|mf|X-Mf|x-mf)-[A-Za-z-]+)["'`]/g);

const PATHS_FOUND = found(/["'`](\/(?:cdn-cgi|__[a-z_]+|core)\/[A-Za-z0-9/_-]+)["'`]/g);

/** The host at which a CONNECT begins Cap'n Proto, which may call whatever the Worker exports. */
export const RPC_HOSTS = found(/HOST_CAPNP_CONNECT = ["'`]([^"'`]+)["'`]/g);

export const DATABASE_ID = "00000000-0000-0000-0000-000000000000";

/** Where explorers take SQL. */
export const SQL_PATHS = ["/cdn-cgi/local/explorer", "/cdn-cgi/explorer"].map(
  (explorer) => `${explorer}/api/d1/database/${DATABASE_ID}/raw`,
);

export const PATHS = [
  ...PATHS_FOUND,
  ...SQL_PATHS,
  "/cdn-cgi/",
  "/cdn-cgi/explorer",
  "/cdn-cgi/explorer/api/d1/database",
  "/cdn-cgi/local/explorer/api/d1/database",
  "/cdn-cgi/handler/scheduled",
  "/cdn-cgi/mf/scheduled",
  "/cdn-cgi/mf/reload",
  "/cdn-cgi/ProxyWorker/pause",
  "/cdn-cgi/ProxyWorker/play",
  "/__scheduled",
  "/__inspect",
  "/json",
  "/json/list",
  "/json/version",
  "/core:user:countersign",
  "/core/public-url",
  "/core/store-temp-file",
];

/** What would be seen in the database afterwards. */
export const PLANTED = "planted_by_an_attack";
export const PLANT = JSON.stringify({ sql: `CREATE TABLE IF NOT EXISTS ${PLANTED} (x)` });

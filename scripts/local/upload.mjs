/** The Worker as it would be uploaded: bundled by wrangler, with the bindings and the dates that wrangler.toml gives it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeUpload } from "./wrangler.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ASSETS = join(ROOT, "dist", "browser", "assets");

const TYPES = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };

/** By the path at which each is served. They are kept in memory, since a build that runs meanwhile deletes old ones. */
const readAssets = () =>
  readdirSync(ASSETS).map((name) => ({
    path: `/assets/${name}`,
    type: TYPES[extname(name)] ?? "application/octet-stream",
    contents: readFileSync(join(ASSETS, name)),
  }));

/** The form that wrangler would send: `metadata`, and the modules by their names. */
async function readForm(path) {
  const body = readFileSync(path);
  const [, boundary] = /^--(\S+)\r\n/.exec(body.subarray(0, 200).toString()) ?? [];
  return new Response(body, { headers: { "content-type": `multipart/form-data; boundary=${boundary}` } }).formData();
}

/** Bundles it. Resolves to null once `signal` is aborted. */
export async function makeUpload({ signal }) {
  const folder = mkdtempSync(join(tmpdir(), "countersign-upload-"));
  try {
    const path = await writeUpload(folder, { args: ["--minify=false"], signal });
    if (path === null) return null;
    const form = await readForm(path);
    const metadata = JSON.parse(form.get("metadata"));
    return { metadata, script: await form.get(metadata.main_module).text(), assets: readAssets() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The Worker's name, which is part of where its objects are kept. */
export const workerName = () => /^name = "(.+)"$/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))[1];

/** The Worker as it would be uploaded: bundled by wrangler, with the bindings and the dates that wrangler.toml gives it. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "node:v8";
import { PAGES_LANGUAGE } from "../pages/language.mjs";
import { takePrivateFolder } from "./private-files.mjs";
import { writeUpload } from "./wrangler.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ASSETS = join(ROOT, "dist", "browser");
/** Beside what else wrangler and its kin keep of this checkout. */
const KEPT = join(ROOT, ".wrangler", "bundle");

const TYPES = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** By the path at which each is served. They are kept in memory, since a build that runs meanwhile deletes old ones. */
const readAssets = () =>
  readdirSync(ASSETS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: `/${relative(ASSETS, file).split(sep).join("/")}`,
      type: TYPES[extname(file)] ?? "application/octet-stream",
      contents: readFileSync(file),
    }));

/** The form that wrangler would send: `metadata`, and the modules by their names. */
async function readForm(path) {
  const body = readFileSync(path);
  const [, boundary] = /^--(\S+)\r\n/.exec(body.subarray(0, 200).toString()) ?? [];
  return new Response(body, { headers: { "content-type": `multipart/form-data; boundary=${boundary}` } }).formData();
}

/** Bundles it. Resolves to null once `signal` is aborted. */
async function bundle({ signal }) {
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

/** All that it is made of. Packages count by the lockfile: nothing else changes them. */
const SOURCES = ["docs", "src", "durable-objects", "packages/countersign/src", "scripts"];
const ALSO = ["package.json", "package-lock.json", "tsconfig.json", "wrangler.toml"];

/** SHA-256, hexadecimal, over the names and contents of its sources. */
function fingerprint() {
  const hash = createHash("sha256").update(PAGES_LANGUAGE);
  const files = SOURCES.flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  for (const path of [...files, ...ALSO.map((name) => join(ROOT, name))]) {
    const contents = readFileSync(path);
    hash.update(`${relative(ROOT, path)}\0${contents.length}\0`).update(contents);
  }
  return hash.digest("hex");
}

/** What was bundled of these sources before; null if nothing was, or it cannot be read. */
function readKept(path) {
  try {
    return deserialize(readFileSync(path));
  } catch {
    return null;
  }
}

/**
 * The bundle: the last one that was made here if its sources are the same, which a start after the first then need not wait for.
 * Resolves to null once `signal` is aborted.
 */
export async function makeUpload({ signal }) {
  takePrivateFolder(KEPT);
  const before = fingerprint();
  const path = join(KEPT, `${before}.bundle`);
  const kept = readKept(path);
  if (kept !== null) return kept;
  const made = await bundle({ signal });
  // Of sources that changed meanwhile nobody knows which are in it.
  if (made === null || fingerprint() !== before) return made;
  for (const name of readdirSync(KEPT)) if (name.endsWith(".bundle")) rmSync(join(KEPT, name), { force: true });
  // Complete under its name, or not there: another start may read it, or make it as well, in this moment.
  const unfinished = join(KEPT, `${process.pid}.new`);
  writeFileSync(unfinished, serialize(made));
  renameSync(unfinished, path);
  return made;
}

/** The Worker's name, which is part of where its objects are kept. */
export const workerName = () => /^name = "(.+)"$/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))[1];

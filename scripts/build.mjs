/**
 * Builds what the pages load: their scripts, the style sheets, the mark and the policies to begin with, each under a name with its content's hash in
 * dist/browser/assets, and dist/assets.json, in which the pages look these names up. And dist/openapi.json, from the schemas
 * that check what callers send; and the documents, as docs/build-docs.mjs makes them. The Worker itself is bundled by wrangler.
 *
 * A page's script has the page's name: src/pages/<room>/browser/<name>-page.ts becomes <name>.js, and the page names that to its
 * Layout. Every other file in a browser folder is a part of such scripts. src/pages/style.css says what the style sheet of all pages is
 * made of; the sheets that some pages load besides are the files named so, `-style.css`. One script is no page's: the service worker.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build as bundle } from "esbuild";
import { buildDocs } from "./docs/build-docs.mjs";
import { folderOfTexts, PAGES_LANGUAGE } from "./pages/language.mjs";
import { pageTexts } from "./pages/texts.mjs";
import { openApiDocument } from "../src/api/openapi/openapi-document.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGES = join(ROOT, "src", "pages");
const EXAMPLES = join(ROOT, "packages", "countersign", "policies");
const OUTPUT = join(ROOT, "dist", "browser", "assets");
const MANIFEST = join(ROOT, "dist", "assets.json");
const OPENAPI = join(ROOT, "dist", "openapi.json");

/** The oldest browsers with all that the formats need (Array.prototype.toSorted, String.prototype.isWellFormed). */
const BROWSERS = ["chrome111", "firefox119", "safari16.4"];

/** What a home screen shows. */
const ICONS = ["icon-192", "icon-512", "icon-maskable-512"];

/** The scripts of pages. */
const scripts = () =>
  readdirSync(PAGES, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith("-page.ts") && basename(entry.parentPath) === "browser")
    .map((entry) => ({ in: join(entry.parentPath, entry.name), out: basename(entry.name, "-page.ts") }))
    .toSorted((a, b) => (a.out < b.out ? -1 : 1));

/** Policies to begin with. */
const examples = () =>
  readdirSync(EXAMPLES)
    .filter((name) => name.endsWith(".policy.yaml"))
    .map((name) => ({ in: join(EXAMPLES, name), out: basename(name, ".policy.yaml") }));

/** `name.ext` and content of each built file. */
async function bundleAll() {
  const { outputFiles } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: [
      ...scripts(),
      { in: join(PAGES, "style.css"), out: "style" },
      { in: join(PAGES, "desk-style.css"), out: "desk" },
      { in: join(PAGES, "log", "log-style.css"), out: "log" },
      { in: join(PAGES, "log", "verify.css"), out: "verify" },
      { in: join(PAGES, "console", "console.css"), out: "console" },
      { in: join(PAGES, "docs", "docs.css"), out: "docs" },
      { in: join(PAGES, "approvals", "request-style.css"), out: "request" },
      { in: join(PAGES, "policies", "policy.css"), out: "policy" },
      { in: join(PAGES, "kit", "mark.svg"), out: "mark" },
      ...ICONS.map((name) => ({ in: join(PAGES, "kit", "icons", `${name}.png`), out: name })),
      { in: join(PAGES, "channels", "browser", "service-worker.ts"), out: "sw" },
      ...examples(),
    ],
    outdir: OUTPUT,
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    charset: "utf8",
    legalComments: "none",
    loader: { ".svg": "copy", ".png": "copy", ".yaml": "copy" },
    tsconfigRaw: {},
    plugins: [pageTexts(folderOfTexts(PAGES_LANGUAGE))],
    write: false,
    logLevel: "warning",
  });
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
}

/** Writes only what changed, so that a running server is not restarted for nothing. */
function writeIfChanged(path, contents) {
  if (!existsSync(path) || !readFileSync(path).equals(Buffer.from(contents))) writeFileSync(path, contents);
}

/** Builds everything; old files go only after the list names the new ones. */
export async function buildAssets() {
  const files = (await bundleAll()).map(({ name, contents }) => {
    const hash = createHash("sha256").update(contents).digest("hex").slice(0, 10);
    const extension = extname(name);
    return { name, contents, hashed: `${basename(name, extension)}-${hash}${extension}` };
  });
  mkdirSync(OUTPUT, { recursive: true });
  for (const { hashed, contents } of files) writeIfChanged(join(OUTPUT, hashed), contents);
  const manifest = Object.fromEntries(
    files.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, hashed }) => [name, `/assets/${hashed}`]),
  );
  writeIfChanged(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
  writeIfChanged(OPENAPI, JSON.stringify(openApiDocument));
  await buildDocs();
  const current = new Set(files.map(({ hashed }) => hashed));
  for (const name of readdirSync(OUTPUT)) if (!current.has(name)) rmSync(join(OUTPUT, name));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await buildAssets();

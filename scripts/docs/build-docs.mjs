/**
 * Makes of docs/ what the service serves at /docs, as files for the assets' binding: each document as a page, and as it was written;
 * pictures; and llms.txt (llmstxt.org). The page is src/pages/docs/docs-page.tsx, made here once and for all, so the Worker does not
 * grow by it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import { aliasesOf, folderOfTexts, PAGES_LANGUAGE } from "../pages/language.mjs";
import { HOME, navigationOf } from "./documents.mjs";
import { addressOf, renderDocument } from "./markdown.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DOCS = join(ROOT, "docs");
const SERVED = join(ROOT, "dist", "browser");

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();

/** The names of all documents: their paths below docs/ without `.md`. */
export const documentNames = () =>
  filesOf(DOCS)
    .filter((path) => path.endsWith(".md"))
    .map((path) => path.replace(/\.md$/, ""));

const readDocument = (name) => readFileSync(join(DOCS, `${name}.md`), "utf8");

/** The page, and what it says, in the pages' language. */
async function loadPage() {
  const aliases = aliasesOf(folderOfTexts(PAGES_LANGUAGE)).filter((one) => one !== "--alias");
  const { outputFiles } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, "src", "pages", "docs", "docs-page.tsx")],
    alias: Object.fromEntries(aliases.map((one) => [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 1)])),
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    logLevel: "warning",
    tsconfigRaw: { compilerOptions: { jsx: "react-jsx", jsxImportSource: "hono/jsx" } },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** llms.txt: what there is, and where, for programs that read. */
const llmsText = (sections) =>
  `${[
    "# Countersign",
    "> An approval gate for AI agents: a dangerous tool call waits until a person has read the exact action and signed it with a passkey. Every decision is in an append-only log, and a receipt proves it offline.",
    "Agents ask over MCP (`/mcp`) or REST (`/api/v1`, described at `/api/v1/openapi.json`). Each page below is the Markdown of the document of that name.",
    ...sections.map(
      ({ title, documents }) =>
        `## ${title}\n\n${documents.map(({ name, title: its, about }) => `- [${its}](/docs/${name}.md)${about === "" ? "" : `: ${about}`}`).join("\n")}`,
    ),
  ].join("\n\n")}\n`;

/** Path below dist/browser, and content, of everything that is served of docs/. */
export async function renderDocs() {
  const names = documentNames();
  const served = new Set(names);
  const navigation = navigationOf(names).map(({ title, documents }) => ({
    title,
    documents: documents.map(({ name, title: its }) => ({ href: addressOf(name), title: its })),
  }));
  const { docsPage, docsWords } = await loadPage();
  const pages = names.flatMap((name) => {
    const markdown = readDocument(name);
    const { html, title, sections } = renderDocument({ name, markdown, served, words: docsWords });
    const file = name === HOME ? "index" : name;
    const source = `/docs/${file}.md`;
    return [
      [`docs/${file}.html`, String(docsPage({ html, title, sections, navigation, here: addressOf(name), source }))],
      [`docs/${file}.md`, markdown],
    ];
  });
  const pictures = filesOf(DOCS)
    .filter((path) => /\.(?:svg|png)$/.test(path))
    .map((path) => [`docs/${path}`, readFileSync(join(DOCS, path))]);
  return [...pages, ...pictures, ["llms.txt", llmsText(navigationOf(names))]];
}

/** Writes them, only what changed, and takes away what is no longer there. */
export async function buildDocs() {
  const files = await renderDocs();
  for (const [path, contents] of files) {
    const place = join(SERVED, path);
    mkdirSync(dirname(place), { recursive: true });
    if (!existsSync(place) || !readFileSync(place).equals(Buffer.from(contents))) writeFileSync(place, contents);
  }
  const current = new Set(files.map(([path]) => path));
  for (const path of filesOf(join(SERVED, "docs"))) if (!current.has(`docs/${path}`)) rmSync(join(SERVED, "docs", path));
}

/** The pages and their scripts as they would be built of another folder of texts. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { pageTexts } from "../../../scripts/pages/texts.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BUNDLED: BuildOptions = { absWorkingDir: ROOT, bundle: true, write: false, format: "esm", tsconfigRaw: {} };

/** What a module exports that is made of the texts in `folder`: as the Worker, which takes the files as they are. */
export async function pagesOf<Pages>(folder: string, exports: string): Promise<Pages> {
  const { outputFiles } = await build({
    ...BUNDLED,
    stdin: { contents: exports, resolveDir: ROOT, loader: "ts" },
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    plugins: [
      {
        name: "texts-of-a-folder",
        setup: (on) => on.onResolve({ filter: /^#texts\// }, ({ path }) => ({ path: join(folder, path.slice("#texts/".length)) })),
      },
    ],
  });
  const path = join(folder, "pages.mjs");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(path, outputFiles?.[0]?.contents ?? "");
  return (await import(pathToFileURL(path).href)) as Pages;
}

/** A page's script, built as scripts/build.mjs builds it. */
export async function scriptOf(folder: string, path: string): Promise<string> {
  const { outputFiles } = await build({
    ...BUNDLED,
    entryPoints: [path],
    minify: true,
    plugins: [pageTexts(folder)],
    outfile: "script.js",
  });
  return outputFiles?.[0]?.text ?? "";
}

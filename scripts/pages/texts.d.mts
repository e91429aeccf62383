/** Types of texts.mjs, for tests. */
import type { Plugin } from "esbuild";

export function pageTexts(folder: string): Plugin;

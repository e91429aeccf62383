/** Fenced blocks of a document: what each is, by the words behind its fence, and what stands in it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const DOCS = fileURLToPath(new URL("../../../docs/", import.meta.url));

export interface Block {
  /** Such as `sh`, `sh account`, `yaml policy`. */
  kind: string;
  text: string;
}

export const readDocument = (name: string): string => readFileSync(`${DOCS}${name}.md`, "utf8");

export const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));

/** What is written in bold outside of blocks: names that stand on pages, in documents that say so. */
export const boldIn = (markdown: string): string[] => [
  ...new Set([...markdown.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/\*\*([^*\n]+)\*\*/g)].map(([, name = ""]) => name)),
];

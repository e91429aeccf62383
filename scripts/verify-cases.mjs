/**
 * Every case of what `npm test` runs a part of, because they are alike (test/support/every-case.ts): the files that have such cases, or
 * whatever is named, as for `npm test`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What chooses among cases, and what chooses for the files that import it. */
const CHOOSERS = /\/(?:every-case|faults\/every-write)\.ts"/;

const filesWithCases = () =>
  readdirSync(join(ROOT, "test"), { recursive: true })
    .map((path) => `test/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.test\.tsx?$/.test(path) && CHOOSERS.test(readFileSync(join(ROOT, path), "utf8")));

process.env.EVERY_CASE = "1";
if (process.argv.length === 2) process.argv.push(...filesWithCases());
await import("./test.mjs");

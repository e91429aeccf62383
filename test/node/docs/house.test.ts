/** What docs/architecture.md and CONTRIBUTING.md promise of the code's layout, where files can tell. Imports are the linter's. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOMS } from "../../../scripts/lint/rooms.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MOST_FILES = 16;
const MOST_LINES = 300;

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/[/\\](?:node_modules|dist)(?:[/\\]|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));

const SOURCES = ["src", "durable-objects", "packages"].flatMap(filesBelow);
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("a folder", () => {
  it("has no more files side by side than one can take in", () => {
    const all = [...SOURCES, ...["scripts", "bench", "test"].flatMap(filesBelow)];
    const crowded = [...Map.groupBy(all, dirname)].filter(
      ([folder, files]) => files.length > MOST_FILES && !folder.startsWith("test/vectors"),
    );
    expect(crowded.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
  });

  it("that the linter has a rule for is there", () => {
    const folders = new Set(SOURCES.map((path) => path.replace(/^packages\/countersign\/src\//, "countersign/").replace(/^src\//, "")));
    const isThere = (room: string) => [...folders].some((path) => path === room || path.startsWith(`${room}/`));
    expect(Object.keys(ROOMS).filter((room) => !isThere(room))).toEqual([]);
  });
});

describe("the lockfile", () => {
  it("pins the content of every package that is fetched", () => {
    interface Entry {
      link?: boolean;
      integrity?: string;
    }
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Entry> };
    const fetched = Object.entries(packages).filter(([path, { link }]) => path.includes("node_modules/") && link !== true);
    expect(fetched.length).toBeGreaterThan(300);
    const open = fetched.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
    expect(open.map(([path]) => path)).toEqual([]);
  });
});

describe("a source file", () => {
  it("is no longer than can be read at a stretch, style sheets included", () => {
    const long = SOURCES.filter((path) => /\.(?:tsx?|css)$/.test(path) && read(path).trimEnd().split("\n").length > MOST_LINES);
    expect(long).toEqual([]);
  });

  it("exports no name that another one exports", () => {
    // Another language has the same names.
    const isOther = (path: string): boolean => /^src\/pages\/texts\/(?!en\/)/.test(path);
    const declared = SOURCES.filter((path) => /\.tsx?$/.test(path) && !isOther(path)).flatMap((path) =>
      [...read(path).matchAll(/^export (?:async |abstract )?(?:function\*?|const|let|class|interface|type) (\w+)/gm)].map(
        ([, name = ""]) => ({
          name,
          path,
        }),
      ),
    );
    const shared = [...Map.groupBy(declared, ({ name }) => name)].filter(([, places]) => places.length > 1);
    expect(shared.map(([name, places]) => `${name}: ${places.map(({ path }) => path).join(", ")}`)).toEqual([]);
  });

  it("asks for an object by way of src/config/object-places.ts, which knows its jurisdiction", () => {
    const asking = SOURCES.filter((path) => path.endsWith(".ts") && /\.(?:getByName|idFromName)\(/.test(read(path)));
    expect(asking).toEqual(["src/config/object-places.ts"]);
  });
});

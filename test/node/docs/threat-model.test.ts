/** The table of attacks in docs/threat-model.md: every row names a test that there is, and every test of attacks has its row. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const model = read("docs/threat-model.md");
const rows = model
  .slice(model.indexOf("## Attacks"))
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| who ") && !line.startsWith("| --"))
  .map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  );

/** The titles in a file's source, in its order: what `describe`, `it` and `test` are called with, `.each` included. */
function titlesOf(source: string): string[] {
  const calls = /(?:\b(?:describe|it|test)|\))\(\s*("(?:[^"\\\n]|\\.)*")\s*,\s*(?:\{|async\b|\(|[a-z_])/g;
  return [...source.matchAll(calls)].map(([, title = ""]) => JSON.parse(title) as string);
}

/** File and titles of a cell such as `test/node/room/x.test.ts` "outer > inner". */
function namedIn(cell: string): { file: string; titles: string[] } {
  const [, file = "", titles = ""] = /^`(test\/[^`]+\.test\.tsx?)` "(.+)"$/.exec(cell) ?? [];
  return { file, titles: titles.split(" > ") };
}

test("has a row for everybody who may attack", () => {
  expect(rows.length).toBeGreaterThan(60);
  for (const row of rows) expect(row).toHaveLength(4);
  expect(new Set(rows.map(([who]) => who)).size).toBeGreaterThan(12);
});

describe("shown by", () => {
  test.each(rows.map(([who = "", tries = "", , shownBy = ""]) => [who, tries, shownBy]))("%s: %s", (_who, _tries, shownBy) => {
    const { file, titles } = namedIn(shownBy);
    const there = titlesOf(read(file));
    // The inner title is one of those after the outer, whether or not it stands elsewhere too.
    let from = 0;
    for (const title of titles) {
      const at = there.indexOf(title, from);
      expect([title, at >= from]).toEqual([title, true]);
      from = at + 1;
    }
  });
});

test("no two rows say the same", () => {
  const said = rows.map(([who, tries]) => `${who ?? ""}: ${tries ?? ""}`);
  expect(said).toEqual([...new Set(said)]);
});

/** Tests that show that the others can fail, and what those who are honest get. */
const CONTROLS = [
  "every route that has to be signed is attacked here",
  "all of it",
  "a page that stays open in good standing is told",
  "signing in with a session opens a second and changes nothing of the first",
  "as it should be, it is served: so what is refused below is refused for its host",
];

const ATTACKS = ["test/workerd", "test/e2e"].flatMap((floor) =>
  readdirSync(join(ROOT, floor), { recursive: true, encoding: "utf8" })
    .filter((path) => /^attacks(-.*)?\.test\.tsx?$/.test(basename(path)))
    .map((path) => `${floor}/${path}`),
);

test("there are files of attacks", () => {
  expect(ATTACKS.length).toBeGreaterThan(4);
});

test.each(ATTACKS)("%s: every attack has its row", (file) => {
  const source = read(file);
  const groups = new Set(
    [...source.matchAll(/\bdescribe\(\s*("(?:[^"\\\n]|\\.)*")/g)].map(([, title = ""]) => JSON.parse(title) as string),
  );
  const tests = titlesOf(source).filter((title) => !groups.has(title));
  const named = new Set(rows.map(([, , , cell = ""]) => namedIn(cell)).flatMap((one) => (one.file === file ? one.titles.slice(-1) : [])));
  expect(tests.length).toBeGreaterThan(3);
  expect(tests.filter((title) => !named.has(title) && !CONTROLS.includes(title))).toEqual([]);
});

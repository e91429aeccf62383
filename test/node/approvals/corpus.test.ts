/** What the strip says of payloads as agents send them, word by word, and that it says nothing of ordinary ones. */
import { expect, test } from "vitest";
import { requestViews } from "#pages/approvals/request-view.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { View, ViewElement } from "#pages/kit/view.ts";
import { corpusData } from "#test/support/corpus/corpus-case.ts";
import { CORPUS } from "#test/support/corpus/corpus.ts";

const ORIGIN = "https://gate.example.com";
const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const all = (view: View, is: (one: ViewElement) => boolean): ViewElement[] =>
  typeof view === "string" ? [] : [...(is(view) ? [view] : []), ...view.children.flatMap((child) => all(child, is))];

test("there are forty and more, each with a name of its own", () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
});

async function stripOf(payload: JsonObject): Promise<ViewElement[]> {
  const data = await corpusData(ORIGIN, { name: "", action: "Do it", payload, strip: [] });
  const { request } = requestViews(data.request, data.payload, data.people, data.aids);
  return all(request, ({ attributes }) => attributes["aria-label"] === "Look at this first").flatMap((strip) =>
    all(strip, ({ tag }) => tag === "li"),
  );
}

test("a member’s name cannot turn or hide what is said of it", async () => {
  const lines = await stripOf({ "sq\u202el \u200b[x]": "DROP TABLE users" });
  expect(lines.map(textOf)).toContain("Drops what is there: DROP TABLE users in sq[U+202E]l [U+200B][x]");
  expect(lines.map(textOf).join("")).not.toMatch(/[\u202e\u200b]/);
  const links = lines.flatMap((line) => all(line, ({ tag }) => tag === "a"));
  expect(links.map(({ attributes }) => attributes["dir"])).toEqual(links.map(() => "ltr"));
});

test("what stands behind many others is looked at, and what is left out is said to be", async () => {
  const items = Array.from({ length: 25_000 }, () => 0);
  expect((await stripOf({ items, workspace: "production" })).map(textOf)).toContain("Production: production in workspace");
  const many = Array.from({ length: 900 }, (_, i) => `rm -rf ${i}`).join("\n");
  const told = (await stripOf({ many, sql: "DROP TABLE users" })).map(textOf);
  expect(told).toContain("Drops what is there: DROP TABLE users in sql");
  expect(told).toContain("Not all of it is marked in the payload");
  expect(told.join("\n")).toMatch(/\d+ more like these are not listed in the payload/);
  const words = ["rm", "-rf", "/", ...Array.from({ length: 80 }, () => "x")];
  expect((await stripOf({ words })).map(textOf)[0]).toMatch(/^Deletes files: rm -rf \//);
});

test.each(CORPUS.map((one) => [one.name, one] as const))("%s", async (_, one) => {
  const data = await corpusData(ORIGIN, one);
  const views = requestViews(data.request, data.payload, data.people, data.aids);
  const [strip] = all(views.request, ({ attributes }) => attributes["aria-label"] === "Look at this first");
  const lines = strip === undefined ? [] : all(strip, ({ tag }) => tag === "li");
  expect(lines.map((line) => `${line.attributes["class"] === "warning" ? "! " : ""}${textOf(line)}`)).toEqual(one.strip);
  const ids = new Set(
    Object.values(views)
      .flatMap((view) => all(view, ({ attributes }) => "id" in attributes))
      .map(({ attributes }) => attributes["id"]),
  );
  for (const link of strip === undefined ? [] : all(strip, ({ tag }) => tag === "a")) {
    expect(ids).toContain(link.attributes["href"]?.slice(1));
  }
  const open =
    strip === undefined ? [] : strip.children.flatMap((child) => (typeof child !== "string" && child.tag === "ul" ? child.children : []));
  expect(open.length).toBeLessThanOrEqual(3);
});

/** What the strip says of payloads as agents send them, word by word, and that it says nothing of ordinary ones. */
import { expect, test } from "vitest";
import { requestViews } from "#pages/approvals/request-view.ts";
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

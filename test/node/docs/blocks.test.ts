/**
 * What documents for newcomers show to be typed: each block says what it is, and what is said so is shown by a test. What a document needs
 * that nobody can be given here, an account or a product, is said beside it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blocksOf, DOCS, readDocument } from "#test/support/docs/blocks.ts";

const NEW = ["README", "start", "concepts", "comparison", "cookbook", "cost", "tutorials/agent-developer", "tutorials/approver"];
const DOCUMENTS = [...NEW, "tutorials/operator", "tutorials/auditor"];

/** Kind of block: what shows that it is right. */
const SHOWN_BY: Record<string, string> = {
  sh: "test/e2e/docs/tutorials.test.ts runs it; in the cookbook test/node/docs/cookbook.test.ts does what it does",
  "sh setup": "test/e2e/docs/tutorials.test.ts runs it",
  "sh yours": "test/e2e/docs/tutorials.test.ts sets the variables that it names",
  "sh start": "test/clone/newcomer.test.ts clones and starts; test/e2e/service/start.test.ts starts with STATE_DIR",
  "sh fsck": "test/e2e/log/operators.test.ts runs it; it takes too long to do so twice",
  "sh account": "the document says what it needs; this test holds that the commands of this repository in it are there",
  ts: "test/e2e/docs/tutorials.test.ts runs it",
  json: "this test parses it",
  text: "nothing is typed",
  "yaml policy": "test/node/docs/cookbook.test.ts",
  "yaml cases": "test/node/docs/cookbook.test.ts",
};

describe.each(DOCUMENTS)("docs/%s.md", (name) => {
  const blocks = blocksOf(readDocument(name));

  it("has no block of which nobody knows whether it is right", () => {
    expect(blocks.map(({ kind }) => kind).filter((kind) => SHOWN_BY[kind] === undefined)).toEqual([]);
  });

  it("has JSON that is JSON", () => {
    const json = blocks.filter(({ kind }) => kind === "json").map(({ text }) => JSON.parse(text) as unknown);
    expect(json.filter((value) => typeof value !== "object")).toEqual([]);
  });

  it("says what is needed for what cannot be run here", () => {
    const markdown = readDocument(name);
    const needing = [...markdown.matchAll(/([^\n]*)\n\n```sh account\n/g)].map(([, before = ""]) => before);
    for (const sentence of needing) expect(sentence).toMatch(/need/);
    expect(needing).toHaveLength(blocks.filter(({ kind }) => kind === "sh account").length);
  });
});

describe("docs/cost.md", () => {
  const page = readDocument("cost");
  const table = readFileSync(`${DOCS}performance.md`, "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` +\| +([\d.]+) \| (.+?) +\|$/gm)].map(([, step = "", dollars = "", row = ""]) => ({
    step,
    dollars: Number(dollars),
    row,
  }));
  const price = Object.fromEntries(rows.map(({ step, dollars }) => [step, dollars]));
  const perMillion = (waits: number): number =>
    ["ask", "page", "decide", "redeem", "outcome"].reduce((sum, step) => sum + (price[step] ?? Number.NaN), waits * (price["wait"] ?? 0));

  it("takes its prices from what was measured", () => {
    expect(rows).toHaveLength(6);
    for (const { dollars, row } of rows) {
      const cells = table.split("\n").find((line) => line.startsWith(`| ${row} `) && line.split("|").length === 11);
      expect([row, Number(cells?.split("|").at(-2))]).toEqual([row, dollars]);
    }
  });

  it("reckons as its formula says", () => {
    const waits = 300 / 25;
    const said = [...page.matchAll(/^\| +([\d,]+) \| +([\d.]+) \|$/gm)].map(([, count = "", dollars = ""]) => [
      Number(count.replaceAll(",", "")),
      Number(dollars),
    ]);
    expect(said).toHaveLength(4);
    for (const [count = 0, dollars] of said)
      expect([count, 5 + (count * perMillion(waits)) / 1e6]).toEqual([count, expect.closeTo(dollars ?? 0, 2)]);
    const hour = (3_600 - 300) / 25;
    expect(page).toContain(`adds ${hour} waiting calls, ${(hour * (price["wait"] ?? 0)).toFixed(2)} dollars`);
  });
});

describe("docs/comparison.md", () => {
  it("has a source for each number that it cites, and cites each", () => {
    const page = readDocument("comparison");
    const cited = new Set([...page.matchAll(/\[\[(\d+)\]\]\(#sources\)/g)].map(([, number]) => number));
    const sources = [...page.slice(page.indexOf("## Sources")).matchAll(/^(\d+)\. .*<https:\/\/[^>]+>$/gm)].map(([, number]) => number);
    expect([...cited].toSorted()).toEqual(sources.toSorted());
    expect(page).toMatch(/as it was on \d+ \w+ 2026/);
  });
});

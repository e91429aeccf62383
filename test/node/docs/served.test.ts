/** docs/ as it is served: every document listed, every link and anchor there, and what is made of other things as they are now. */
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { openApiDocument } from "#api/openapi/openapi-document.ts";
import { SCENES } from "#test/support/scenes/scenes.ts";
import { DOCS, readDocument } from "#test/support/docs/blocks.ts";
import { documentNames, renderDocs } from "../../../scripts/docs/build-docs.mjs";
import { DIAGRAMS } from "../../../scripts/docs/diagrams.mjs";
import { HOME, SECTIONS } from "../../../scripts/docs/documents.mjs";
import { PICTURES } from "../../../scripts/docs/pictures.mjs";
import { referenceText } from "../../../scripts/docs/reference.mjs";

const LISTED = SECTIONS.flatMap(({ documents }) => documents.map(({ name }) => name));
/** By path below the origin. */
const served = new Map<string, string>();
const idsOf = (html: string): string[] => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id);

beforeAll(async () => {
  for (const [path, contents] of await renderDocs()) served.set(`/${path}`, contents.toString());
});

const pages = (): [string, string][] => [...served].filter(([path]) => path.endsWith(".html"));
const pageAt = (address: string): string | undefined => served.get(address === "/docs" ? "/docs/index.html" : `${address}.html`);

describe("a document", () => {
  it("has its place in the navigation, and what is listed is there", () => {
    const there = documentNames();
    expect(there.filter((name) => name !== HOME && !LISTED.includes(name))).toEqual([]);
    expect(LISTED.filter((name) => !there.includes(name))).toEqual([]);
    expect(LISTED).toEqual([...new Set(LISTED)]);
  });

  it("is named in docs/README.md and in llms.txt", () => {
    const [index, list] = [readDocument(HOME), served.get("/llms.txt") ?? ""];
    for (const name of documentNames().filter((one) => one !== HOME)) {
      expect([name, index.includes(`](${name}.md)`)]).toEqual([name, true]);
      expect([name, list.includes(`](/docs/${name}.md)`)]).toEqual([name, true]);
    }
    expect(list).toMatch(/^# Countersign\n\n> .+\n/);
  });

  it("is served as it was written", () => {
    expect(served.get("/docs/threat-model.md")).toBe(readDocument("threat-model"));
    expect(pageAt("/docs/threat-model")).toContain("<h1>Threat model</h1>");
  });

  it("leads only to what is there: pages, headings, pictures, texts", () => {
    const missing = pages().flatMap(([path, html]) =>
      [...html.matchAll(/ (?:href|src)="([^"]*)"/g)]
        .map(([, target = ""]) => target)
        .filter((target) => {
          if (/^(?:https?:|\/assets\/|\/manifest|\/$)/.test(target)) return false;
          const [address = "", anchor] = target.split("#");
          if (/\.(?:md|svg|png)$/.test(address)) return !served.has(address);
          const page = address === "" ? html : pageAt(address);
          return page === undefined || (anchor !== undefined && !idsOf(page).includes(anchor));
        })
        .map((target) => `${path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it("has no id twice, and a text for each picture", () => {
    for (const [path, html] of pages()) {
      const ids = idsOf(html);
      expect([path, ids.filter((id, index) => ids.indexOf(id) !== index)]).toEqual([path, []]);
      expect([path, [...html.matchAll(/<img [^>]*alt=""/g)]]).toEqual([path, []]);
    }
  });

  it("runs nothing and styles nothing that the policy of pages forbids", () => {
    for (const [path, html] of pages())
      expect([path, /<style|<script(?! type="module" src="\/assets\/)|\sstyle=|\son\w+=/.exec(html)?.[0]]).toEqual([path, undefined]);
  });
});

describe("what is made of other things", () => {
  it.each(Object.keys(DIAGRAMS))("docs/diagrams/%s is as scripts/docs/diagrams.mjs says: npm run docs", (name) => {
    expect(readFileSync(`${DOCS}diagrams/${name}`, "utf8")).toBe(DIAGRAMS[name]);
  });

  it("docs/reference.md is as the OpenAPI description says: npm run docs", () => {
    expect(readDocument("reference")).toBe(referenceText(openApiDocument));
  });

  it.each(Object.entries(PICTURES))("docs/%s is of the scene %s: npm run screenshots:docs", (name, scene) => {
    expect(SCENES.map((one) => one.name)).toContain(scene);
    expect(existsSync(`${DOCS}${name}`)).toBe(true);
    expect(documentNames().some((document) => readDocument(document).includes(name))).toBe(true);
  });
});

/** What pages say stands in one place per language: how such a file is made, and that the linter finds what stands elsewhere. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { argumentsAt } from "../../../scripts/pages/arguments.mjs";
import { aliasesOf } from "../../../scripts/pages/language.mjs";
import { pageTexts } from "../../../scripts/pages/texts.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TEXTS = join(ROOT, "src", "pages", "texts");

/** What is said on the pages on which people decide and check. */
const PHONES = /^browser\/(?:kit|approvals|batch|log|sessions)/;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-texts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file below the folder of these tests; gives its path. */
function write(path: string, content: string): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

const filesOf = (language: string): string[] =>
  readdirSync(join(TEXTS, language), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(TEXTS, language).length + 1))
    .toSorted();

describe("a file of texts", () => {
  it.each(filesOf("en").filter((path) => PHONES.test(path)))(
    "of what phones load, %s, is one object, whose functions need nothing but their arguments",
    (path) => {
      const source = readFileSync(join(TEXTS, "en", path), "utf8");
      const outer = source
        .replaceAll(/\/\*\*[\s\S]*?\*\//g, "")
        .split("\n")
        .filter((line) => /^\S/.test(line));
      const rest = outer.filter((line) => !line.startsWith("import type "));
      expect(rest[0]).toMatch(/^export const \w+Texts = \{/);
      expect(rest.slice(1).filter((line) => line !== "} as const;")).toEqual([]);
      const [, name = ""] = /export const (\w+)/.exec(source) ?? [];
      expect(source.split(name).length).toBe(2);
    },
  );

  it("is there in every language", () => {
    for (const language of readdirSync(TEXTS)) expect(filesOf(language)).toEqual(filesOf("en"));
  });

  it("is named to wrangler, each by itself", () => {
    const named = aliasesOf(join(TEXTS, "en")).filter((one) => one !== "--alias");
    expect(named).toEqual(filesOf("en").map((path) => `#texts/${path}:${join(TEXTS, "en", path)}`));
  });
});

describe("a page's script", () => {
  const texts = `export const thingTexts = {
    title: "A title",
    unused: "Never shown",
    rows: { one: (count: number) => (count === 1 ? "one" : \`\${count} rows\`), who: (name: string, day: string) => ["by ", name, \`, on \${day}.\`] },
    states: { "not.a.name": "Odd", open: "Open" },
  } as const;`;
  const bundled = async (source: string): Promise<string> => {
    write("texts/thing.ts", texts);
    const script = write("src/pages/thing.ts", `import { thingTexts as texts } from "#texts/thing.ts";\n${source}`);
    const { outputFiles } = await build({
      entryPoints: [script],
      bundle: true,
      write: false,
      format: "esm",
      minifySyntax: true,
      tsconfigRaw: {},
      logLevel: "silent",
      plugins: [pageTexts(join(folder, "texts"))],
      outfile: "script.js",
    });
    return outputFiles[0]?.text ?? "";
  };

  it("has the texts that it names, and no other", async () => {
    const script = await bundled("console.log(texts.title);");
    expect(script).toContain('console.log("A title")');
    expect(script).not.toContain("Never shown");
    expect(script).not.toContain("thingTexts");
  });

  it("has what a function says in its place, and the function where it has to choose", async () => {
    expect(await bundled('console.log(...texts.rows.who("a, b", `${String(1)}`));')).toContain(
      'console.log("by ", "a, b", `, on ${`${String(1)}`}.`)',
    );
    const run = await bundled("globalThis.made = [texts.rows.one(1), texts.rows.one(2)];");
    expect(run).toContain('"one"');
    expect(run).not.toContain("by ");
  });

  it("has a group whole where something is looked up in it", async () => {
    const script = await bundled("const all: Record<string, string> = texts.states;\nconsole.log(all[location.hash], texts.states.open);");
    expect(script).toContain('"not.a.name": "Odd"');
    expect(script).toContain('"Open")');
  });

  it("has a file whole whose functions need more than their arguments", async () => {
    write(
      "texts/counted.ts",
      "const some = (count: number) => `${count} things`;\nexport const countedTexts = { all: (count: number) => `All: ${some(count)}` } as const;\n",
    );
    const source = 'import { countedTexts } from "#texts/counted.ts";\nconsole.log(countedTexts.all(2), texts.title);';
    expect(await bundled(source)).toMatch(/some = .* things[\s\S]*all: .*some\(count\)[\s\S]*"A title"/);
  });

  it("cannot be built of a text that is not there", async () => {
    await expect(bundled("console.log(texts.titel);")).rejects.toThrow("texts.titel is no text");
  });

  it.each([
    ['(a, "b, c)", d)', ["a", '"b, c)"', "d"]],
    ["(`${f(a, b)}, ${`)`}`, /[/,)]/.test(x))", ["`${f(a, b)}, ${`)`}`", "/[/,)]/.test(x)"]],
    ["((a, b) => [a, b], {\n  // one, two\n  c,\n})", ["(a, b) => [a, b]", "{\n  // one, two\n  c,\n}"]],
    ["(a /* , */, b,)", ["a /* , */", "b"]],
    ["()", []],
  ])("takes the arguments of %s apart", (source, parts) => {
    expect(argumentsAt(`${source};`, 0)).toEqual({ parts, end: source.length });
  });
});

describe("the linter", () => {
  const found = (path: string, source: string): number => {
    const file = write(path, source);
    const config = write(
      "lint.json",
      JSON.stringify({ jsPlugins: [join(ROOT, "scripts/lint/texts.mjs")], rules: { "texts/in-one-place": "error" } }),
    );
    try {
      execFileSync(process.execPath, [join(ROOT, "node_modules/oxlint/bin/oxlint"), "-c", config, "--format", "json", file], {
        stdio: "pipe",
      });
      return 0;
    } catch (error) {
      const { diagnostics } = JSON.parse(String((error as { stdout: Buffer }).stdout)) as { diagnostics: { code: string }[] };
      return diagnostics.filter(({ code }) => code === "texts(in-one-place)").length;
    }
  };

  it.each([
    ["a paragraph", "export const a = <p>Some words</p>;"],
    ["a label", 'export const a = <nav aria-label="Main" />;'],
    ["a hint that depends", 'export const a = (is: boolean) => <input placeholder={is ? "Any" : texts.some} />;'],
    ["a string between elements", 'export const a = <p>{is ? "Yes, it is" : null}</p>;'],
    ["a child of a view", 'export const a = element("p", {}, `It ended ${when}`);'],
    ["a label of a view", 'export const a = element("p", { "aria-label": "Main" });'],
    ["what a script tells", 'tell("It is done.");'],
    ["what a script puts in", 'byId("a").textContent = "Done";'],
  ])("finds %s", (_, source) => {
    expect(found("src/pages/log/page.tsx", source)).toBe(1);
    expect(found("src/pages/texts/en/page.tsx", source)).toBe(0);
    expect(found("src/http/log/page.tsx", source)).toBe(0);
  });

  it("lets codes, classes and ids be", () => {
    const source =
      'export const a = [<p class="quiet words" id="a">{texts.a} <code>countersign verify</code> …</p>, element("p", { class: "quiet words" }, "“", texts.b), { label: "policy-label" }];';
    expect(found("src/pages/log/page.tsx", source)).toBe(0);
  });
});

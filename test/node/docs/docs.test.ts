/** What the documents say of the code, where the code can tell: addresses, events, commands. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SETTINGS } from "#config/settings.ts";
import { LOG_EVENTS } from "#config/log-line.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const DOCUMENTS = [...readdirSync(ROOT), ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);

/** A heading's anchor, as it is made on GitHub. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
const anchorsOf = (markdown: string): string[] => [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

describe.each(DOCUMENTS)("%s", (document) => {
  it("links to what is there", () => {
    const missing = [...read(document).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => {
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? document : normalize(join(dirname(document), path));
        return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(read(file)).includes(anchor));
      });
    expect(missing).toEqual([]);
  });

  it("names commands of npm that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...read(document).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe("docs/operations.md", () => {
  const operations = read("docs/operations.md");

  it("explains every event that is logged, and no other", () => {
    const table = operations.slice(operations.indexOf("### Log lines"), operations.indexOf("### Alerts"));
    const explained = [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, event]) => event);
    expect(explained.toSorted()).toEqual([...LOG_EVENTS].toSorted());
  });

  it("names every setting, and so does docs/interfaces.md", () => {
    const unnamed = (page: string) => SETTINGS.filter((name) => !page.includes(`\`${name}\``));
    expect([unnamed(operations), unnamed(read("docs/interfaces.md"))]).toEqual([[], []]);
  });

  it("names the options that npm run deploy has", () => {
    const settings = read("scripts/deploy/settings.mjs");
    const options = [...settings.slice(settings.indexOf("const OPTIONS"), settings.indexOf("};")).matchAll(/^ {2}"?([a-z-]+)"?: \{/gm)];
    const documented = [...operations.matchAll(/^\| `--([a-z-]+)/gm)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual(options.map(([, name]) => name).toSorted());
  });
});

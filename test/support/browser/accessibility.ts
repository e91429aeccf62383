/** WCAG 2.2, levels A and AA, as far as axe-core can tell. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What is told of what breaks no rule, and of where it stands, takes as long as looking; nobody reads it. */
const OPTIONS: RunOptions = {
  runOnly: TAGS,
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
  selectors: false,
  preload: false,
};
const RUN = `axe.run(${JSON.stringify(OPTIONS)}).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`;

/** Every page is given it anew: the short one. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What is wrong with the page as it stands: rule and element of each violation. */
export async function violationsOn(page: Page): Promise<string[]> {
  // Through the DevTools protocol, which the page's content security policy does not hold back.
  const isThere = await page.evaluate<boolean>("typeof axe === 'object'");
  return page.evaluate<string[]>(isThere ? RUN : `${AXE}; ${RUN}`);
}

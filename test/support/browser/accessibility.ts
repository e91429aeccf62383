/** WCAG 2.2, levels A and AA, as far as axe-core can tell. */
import axe from "axe-core";
import type { Page } from "playwright-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What is wrong with the page as it stands: rule and element of each violation. */
export async function violationsOn(page: Page): Promise<string[]> {
  // Through the DevTools protocol, which the page's content security policy does not hold back.
  const isThere = await page.evaluate<boolean>("typeof axe === 'object'");
  const run = `axe.run({ runOnly: ${JSON.stringify(TAGS)} })`;
  const { violations } = await page.evaluate<axe.AxeResults>(isThere ? run : `${axe.source}; ${run}`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

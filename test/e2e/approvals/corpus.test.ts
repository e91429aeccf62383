/** The card of payloads as agents send them, in a browser: what to look at is on a phone's first screen, and all of it is verified. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { corpusData } from "#test/support/corpus/corpus-case.ts";
import { CORPUS } from "#test/support/corpus/corpus.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;
const SHOTS = process.env["SCREENSHOTS"];

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await withPasskey(page);
});
afterAll(leaveChromium);

test.each(CORPUS.map((one) => [one.name, one] as const))("%s", async (name, one) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const data = await corpusData(ORIGIN, one);
  await openApproval(page, data);
  await page.getByText("Display verified", { exact: true }).waitFor();
  const strip = page.getByRole("note", { name: "Look at this first" });
  expect(await strip.count()).toBe(one.strip.length === 0 ? 0 : 1);
  const bar = await page.locator("#decide").boundingBox();
  for (const place of [page.getByRole("heading", { level: 1 }), page.getByRole("region", { name: "Risk" }), ...(await strip.all())]) {
    const box = await place.boundingBox();
    expect(box === null || bar === null ? Infinity : box.y + box.height).toBeLessThanOrEqual(bar?.y ?? 0);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  if (SHOTS === undefined) return;
  for (const width of [390, 1440]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.emulateMedia({ colorScheme });
      const file = name.replaceAll(/\W+/g, "-");
      await page.screenshot({ path: `${SHOTS}/${file}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
});

test("what is drawn breaks no rule of WCAG, light and dark", async () => {
  const cases = CORPUS.filter(({ name }) => /script|migration|manifest|patch of code|far more than usual|within thousands/.test(name));
  expect(cases.length).toBeGreaterThan(4);
  for (const one of cases) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await openApproval(page, await corpusData(ORIGIN, one));
      await page.getByText("Display verified", { exact: true }).waitFor();
      expect(await violationsOn(page)).toEqual([]);
    }
  }
});

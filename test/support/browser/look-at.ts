/** A page as it stands, on a desk and on a phone: it breaks no rule of WCAG and fits. `SCREENSHOTS=FOLDER` keeps what it looks like. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { violationsOn } from "./accessibility.ts";

const WIDTHS = [1280, 390];
const SHOTS = process.env["SCREENSHOTS"];

export async function lookAt(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 844 });
    expect(await violationsOn(page)).toEqual([]);
    const [scroll, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(scroll).toBeLessThanOrEqual(inner ?? 0);
    if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, fullPage: true });
  }
}

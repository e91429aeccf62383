/** Documents in a real browser, as the running service serves them: readable on a desk and on a small phone, in the light and the dark. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { oneIn } from "#test/support/every-case.ts";
import { readDocument } from "#test/support/docs/blocks.ts";
import { documentNames } from "../../../scripts/docs/build-docs.mjs";
import { HOME } from "../../../scripts/docs/documents.mjs";

const { origin } = inject("service");
const addressOf = (name: string): string => (name === HOME ? "/docs" : `/docs/${name}`);

/** So large that axe takes seconds, and made of the same parts as the others: a run of all tests looks at some. */
const isLarge = (name: string): boolean => readDocument(name).length > 60_000;
const [large, small] = [documentNames().filter(isLarge), documentNames().filter((name) => !isLarge(name))];

let browser: Browser;
let page: Page;
let complaints: string[] = [];
beforeAll(async () => {
  browser = await enterChromium();
  page = await (await browser.newContext({ viewport: { width: 320, height: 800 }, reducedMotion: "reduce" })).newPage();
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
});
afterAll(leaveChromium);

const isWiderThanScreen = (): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

describe.each([...small, ...oneIn(5, large)])("%s", (name) => {
  it("fits a phone of 320 pixels, and breaks no rule of WCAG there", async () => {
    complaints = [];
    await page.setViewportSize({ width: 320, height: 800 });
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(`${origin}${addressOf(name)}`);
    expect(await isWiderThanScreen()).toBe(false);
    expect(await violationsOn(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(await isWiderThanScreen()).toBe(false);
    expect(complaints).toEqual([]);
  });
});

it("keeps to WCAG in the dark, on a desk", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`${origin}/docs/start`);
  expect(await violationsOn(page)).toEqual([]);
});

it("leads from the first page to a section, marks where one is, and shows its pictures", async () => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${origin}/docs`);
  await page.getByRole("navigation", { name: "Documents" }).getByRole("link", { name: "Concepts", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Concepts" }).waitFor();
  expect(await page.locator("nav [aria-current=page]").textContent()).toBe("Concepts");
  await page.getByText("On this page", { exact: true }).click();
  await page.getByRole("link", { name: "Log and receipt", exact: true }).click();
  expect(new URL(page.url()).hash).toBe("#log-and-receipt");
  await page.getByRole("img", { name: /^What a receipt ties together/ }).scrollIntoViewIfNeeded();
  const sizes = () =>
    page.locator(".document img").evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
  await expect.poll(sizes).toEqual([760, 760, 760]);
});

it("copies a block as it stands", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  await page.goto(`${origin}/docs/start`);
  const block = page.locator(".block").filter({ hasText: "npm start" }).first();
  await block.getByRole("button").click();
  await page.getByText("Copied", { exact: false }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await block.locator("pre").textContent());
});

it("reads without a script", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(`${origin}/docs/gateway#connectors`);
  const heading = plain.getByRole("heading", { name: /^Connectors/ }).first();
  expect(await heading.getAttribute("id")).toBe("connectors");
  expect(await heading.isVisible()).toBe(true);
  await context.close();
});

/** On paper and in forced colours nothing is hidden either: every mark and every state has a shape there, and what is folded is open. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { approvalData, decisionOf, ALEX, type Variation } from "#test/support/documents/approval-data.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 800, height: 900 } });
  await withPasskey(page);
});
beforeEach(async () => {
  await page.emulateMedia({ media: null, forcedColors: null, colorScheme: "light" });
});
afterAll(leaveChromium);

const words = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`word_${i}`, `pаypal${i}.com`]));
const MARKED: Variation = {
  payload: { ...words, spaces: "rm  -rf / ", hidden: "a\u200bb", usual: "10\u00a0km", dot: "a·b", before: "one", after: "two" },
};

/** A page that is opened is on a screen, whatever was set before. */
const open = async (variation: Variation, media: Parameters<Page["emulateMedia"]>[0] = {}): Promise<void> => {
  await openApproval(page, approvalData(ORIGIN, variation));
  await page.getByText("Display verified", { exact: true }).waitFor();
  await page.emulateMedia(media);
};

/** How the first element of a selector, or what stands before its content, is drawn. */
const styleOf = (selector: string, names: readonly string[], pseudo?: string): Promise<string[]> =>
  page.evaluate(
    ([place, wanted, part]) => {
      const found = document.querySelector(place);
      if (found === null) throw new Error(`nothing is ${place}`);
      const style = getComputedStyle(found, part);
      return wanted.map((name) => style.getPropertyValue(name));
    },
    [selector, names, pseudo] as const,
  );

describe.each([
  ["on paper", { media: "print" }],
  ["in forced colours", { forcedColors: "active" }],
  ["on paper, of somebody who prefers the dark", { media: "print", colorScheme: "dark" }],
] as const)("%s", (_, media) => {
  test("every mark has a shape", async () => {
    await open(MARKED, media);
    expect(await styleOf("#payload .string .text i:not([class])", ["content", "display"], "::before")).toEqual(['"·"', "block"]);
    expect(await styleOf("#payload .string .text i.run", ["print-color-adjust"])).toEqual(["exact"]);
    expect((await styleOf("#payload .string .text i.run", ["background-image"]))[0]).toContain("radial-gradient");
    expect(await styleOf("#payload .escape.warning", ["border-top-style", "border-top-width"])).toEqual(["solid", "2px"]);
    expect(await styleOf("#payload .escape.usual", ["border-top-style", "border-top-width"])).toEqual(["solid", "1px"]);
    expect(await styleOf("#payload .framed", ["outline-style", "outline-width"])).toEqual(["solid", "1px"]);
    expect(await styleOf("#payload .suspect.warning", ["text-decoration-line", "text-decoration-style"])).toEqual(["underline", "wavy"]);
    expect(await styleOf(".pair del", ["text-decoration-line", "text-decoration-style"])).toEqual(["underline", "dashed"]);
    expect(await styleOf(".pair ins", ["text-decoration-line", "text-decoration-style"])).toEqual(["underline", "solid"]);
    expect(await styleOf(".caution", ["border-top-style"])).toEqual(["double"]);
  });

  test("no text is of the colour of its background", async () => {
    await open(MARKED, media);
    const [text = "", paper = ""] = await page.evaluate(() => {
      const chip = document.querySelector(".escape.warning");
      return chip === null ? [] : [getComputedStyle(chip).color, getComputedStyle(chip).backgroundColor];
    });
    expect(text).not.toBe(paper);
    if ("media" in media) expect(text).toMatch(/^rgb\((?:\d|[1-4]\d), (?:\d|[1-4]\d), (?:\d|[1-4]\d)\)$/);
  });

  test("how it ended is said in a word and in a line of its own", async () => {
    const at = "2026-11-20T09:30:00.000Z";
    const styles: string[] = [];
    for (const [status, word] of [
      ["approved", "Approved"],
      ["denied", "Denied"],
      ["expired", "Expired"],
    ] as const) {
      const endedBy = status === "expired" ? "deadline" : "passkeys";
      const decisions = status === "expired" ? [] : [decisionOf(ALEX, status)];
      await open({ state: { status, ended_by: endedBy, decided_at: at, decisions } }, media);
      expect(await page.getByRole("status").innerText()).toBe(word);
      styles.push(...(await styleOf(".decide", ["border-top-style"])));
    }
    expect(styles).toEqual(["solid", "double", "dotted"]);
  });
});

describe("on paper", () => {
  test("the buttons are not there, the time is, and what is folded is open", async () => {
    await open(MARKED, { media: "print" });
    expect(await page.getByRole("button").count()).toBe(0);
    expect(await page.getByRole("textbox").count()).toBe(0);
    expect(await page.locator("#time-left-text").isVisible()).toBe(true);
    expect(await page.locator("#time-left time").isVisible()).toBe(true);
    const folded = page.locator(".caution details li");
    expect(await folded.count()).toBe(11);
    for (const line of await folded.all()) expect((await line.boundingBox())?.height).toBeGreaterThan(10);
    expect(await page.locator("#decide").evaluate((bar) => getComputedStyle(bar).position)).toBe("static");
  });

  test("on the screen they are as they were", async () => {
    await open(MARKED);
    expect(await page.getByRole("button").count()).toBe(5);
    expect(await page.locator(".caution details li").first().isVisible()).toBe(false);
  });
});

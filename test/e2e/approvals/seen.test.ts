/** What it takes to approve: each part of the payload was on screen, by the reader's own doing. What they leap over was not. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { approvalData, type Variation } from "#test/support/documents/approval-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
  await withPasskey(page);
});
beforeEach(async () => {
  await page.setViewportSize({ width: 390, height: 700 });
});
afterAll(leaveChromium);

const button = (name: "Approve" | "Deny") => page.getByRole("button", { name: `${name} with passkey`, exact: true });
const enabled = async (): Promise<boolean[]> => [await button("Approve").isEnabled(), await button("Deny").isEnabled()];
const hint = () => page.locator("#hint");
const parts = () => page.locator("#payload .part");
const pause = (ms = 200) => page.waitForTimeout(ms);

const rows = (count: number): JsonObject => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key_${1_000 + i}`, i]));
const LONG: Variation = { payload: rows(300) };
/** A deployment: a script of many lines, a list of containers, and little else. */
const MIXED: Variation = {
  payload: {
    kind: "Deployment",
    spec: {
      containers: Array.from({ length: 9 }, (_, i) => ({ name: `c${i}`, image: `registry.example/${i}`, env: { A: "1", B: "2" } })),
      replicas: 3,
    },
    script: Array.from({ length: 60 }, (_, i) => `echo step ${i}`).join("\n"),
  },
};

/** Too many to be laid out one by one. */
const DENSE: Variation = { payload: { list: Array.from({ length: 4_000 }, (_, i) => i), note: "x" } };

const open = async (variation: Variation): Promise<void> => {
  await openApproval(page, approvalData(ORIGIN, variation));
  await page.getByText("Display verified", { exact: true }).waitFor();
  await pause();
};

describe("is not reading:", () => {
  const LEAPS: Record<string, () => Promise<void>> = {
    "one press of End": () => page.keyboard.press("End"),
    "Control and End": () => page.keyboard.press("Control+End"),
    "one turn of the wheel to the end": () => page.mouse.wheel(0, 100_000),
    "a scroll bar dragged to the end": () =>
      page.evaluate(async () => {
        const end = document.documentElement.scrollHeight;
        for (let step = 1; step <= 8; step++) {
          scrollTo(0, (end * step) / 8);
          await new Promise(requestAnimationFrame);
        }
      }),
    "the focus in the comment": () => page.getByRole("textbox", { name: "Comment" }).focus(),
    "a click into the comment": () => page.getByRole("textbox", { name: "Comment" }).click(),
    "Shift and Tab from below": async () => {
      await button("Deny").focus();
      await page.keyboard.press("Shift+Tab");
    },
    "a place found with the browser": async () => {
      await page.keyboard.press("Control+f");
      await page.evaluate(() => document.querySelector("#payload .member:last-child")?.scrollIntoView());
    },
  };
  test.each(Object.entries(LEAPS))("%s", async (_, leap) => {
    await open(LONG);
    expect(await enabled()).toEqual([false, true]);
    await leap();
    await pause(600);
    expect(await enabled()).toEqual([false, true]);
    expect(Number(/^Not seen yet: (\d+) of 25/.exec((await hint().textContent()) ?? "")?.[1])).toBeGreaterThan(20);
  });

  test("a page zoomed out until nobody can read it", async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Emulation.setDeviceMetricsOverride", { width: 1_560, height: 30_000, deviceScaleFactor: 0.25, mobile: false });
    await open(LONG);
    await hint().getByText("The text is too small to read. Zoom in to approve.").waitFor();
    expect(await enabled()).toEqual([false, true]);
    await devtools.send("Emulation.setDeviceMetricsOverride", { width: 390, height: 700, deviceScaleFactor: 1, mobile: false });
    await hint().getByText("Not seen yet: 25 of 25 parts").waitFor();
    await devtools.detach();
  });
});

describe("is reading:", () => {
  test("what fits on the screen, at once", async () => {
    await openApproval(page, approvalData(ORIGIN));
    await expect.poll(enabled).toEqual([true, true]);
    await openApproval(page, approvalData(ORIGIN, { payload: {} }));
    await expect.poll(enabled).toEqual([true, true]);
  });

  test.each([390, 1440])("a fast scroll over everything, at %d px", async (width) => {
    await page.setViewportSize({ width, height: 844 });
    for (const variation of [LONG, MIXED, { payload: { list: Array.from({ length: 500 }, (_, i) => i) } }, DENSE]) {
      await open(variation);
      expect(await enabled()).toEqual([false, true]);
      await readThrough(page);
      await expect.poll(enabled).toEqual([true, true]);
    }
  });

  test("a scroll that gives no event but the scrolling", async () => {
    await open({ payload: rows(40) });
    const end = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let position = 0; position < end; position += 250) {
      await page.evaluate((to) => scrollTo(0, to), position);
      await pause(40);
    }
    await expect.poll(enabled).toEqual([true, true]);
  });

  test("page after page, with the keyboard", async () => {
    await open(MIXED);
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press("PageDown");
      await pause(200);
    }
    expect(await enabled()).toEqual([true, true]);
  });

  test("the focus that rests on each part in turn, each of which has a name; not a focus that runs through", async () => {
    await open(MIXED);
    const count = await parts().count();
    const names: (string | null)[] = [];
    for (let i = 0; i < count; i++) {
      await parts().nth(i).focus();
      await page.keyboard.press("Shift");
      names.push(await parts().nth(i).getAttribute("aria-label"));
    }
    expect(names).toEqual([...new Set(names)]);
    expect(names.slice(0, 3)).toEqual(["kind", "script, part 1 of 5", "script, part 2 of 5"]);
    expect(names.at(-1)).toBe("spec.replicas");
    await open(MIXED);
    await page.keyboard.press("Tab");
    for (let i = 0; i < count + 10; i++) {
      await page.keyboard.press("Tab");
      await pause(80);
    }
    expect(await enabled()).toEqual([true, true]);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("in a window that is lower than a part", async () => {
    await page.setViewportSize({ width: 390, height: 400 });
    await open({ payload: { text: "word ".repeat(400) } });
    expect(await enabled()).toEqual([false, true]);
    for (let i = 0; i < 60; i++) await page.mouse.wheel(0, 60);
    await expect.poll(enabled).toEqual([true, true]);
  });
});

test("of a part that is taller than the screen, the focus counts for what is on it", async () => {
  await page.setViewportSize({ width: 390, height: 320 });
  await open({ payload: { text: "word ".repeat(90) } });
  expect(await parts().count()).toBe(1);
  await page.keyboard.press("Shift");
  await parts().first().focus();
  await page.keyboard.press("Shift");
  await pause(400);
  expect(
    await parts()
      .first()
      .evaluate((part) => part.getBoundingClientRect().height),
  ).toBeGreaterThan(200);
  expect(await enabled()).toEqual([false, true]);
  for (const key of ["ArrowUp", "ArrowDown"]) {
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press(key);
      await pause(60);
    }
  }
  await expect.poll(enabled).toEqual([true, true]);
});

test.each([
  ["one word", `а${"b".repeat(20_000)}`],
  ["hidden characters between letters", "a\u200b".repeat(8_000)],
  ["words of two alphabets", "aа ".repeat(4_000)],
  ["Hebrew", "שלום עולם ".repeat(1_500)],
])("a text of %s is in parts that a screen holds", async (_, text) => {
  await open({ payload: { text } });
  const heights = await parts().evaluateAll((all) => all.map((part) => part.getBoundingClientRect().height));
  expect(heights.length).toBeGreaterThan(15);
  expect(Math.max(...heights)).toBeLessThan(600);
  await page.mouse.wheel(0, 600);
  expect(await enabled()).toEqual([false, true]);
});

test("a link leads to the first part that is left, until none is", async () => {
  await open(MIXED);
  const link = hint().getByRole("link");
  // What a link led to is seen some frames later, and then the link is another one, or gone.
  const standsStill = () =>
    hint().evaluate(
      (said) =>
        new Promise<void>((resolve) => {
          const rests = (): void => void requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
          let timer = setTimeout(rests, 400);
          new MutationObserver(() => {
            clearTimeout(timer);
            timer = setTimeout(rests, 400);
          }).observe(said, { childList: true, subtree: true, characterData: true });
        }),
    );
  for (await standsStill(); (await link.count()) > 0; await standsStill()) {
    // On a busy machine it may be gone between being counted and being clicked.
    await link.click({ timeout: 5_000 }).catch(async (error: unknown) => {
      if ((await link.count()) > 0) throw error;
    });
  }
  expect(await enabled()).toEqual([true, true]);
  expect(page.url()).not.toContain("#");
});

test("the link keeps the focus while what is left changes", async () => {
  await open(LONG);
  const said = await hint().textContent();
  await hint().getByRole("link").focus();
  // Read by the wheel, with the focus where it is.
  await page.mouse.move(200, 300);
  for (let turns = 0; turns < 60 && (await hint().textContent()) === said; turns++) await page.mouse.wheel(0, 150);
  expect(await hint().textContent()).not.toBe(said);
  expect(
    await hint()
      .getByRole("link")
      .evaluate((link) => link === document.activeElement),
  ).toBe(true);
});

describe("what is large is said before all of it, with links:", () => {
  const outline = () => page.getByRole("region", { name: "What the payload holds" });

  test("kind and size of each member", async () => {
    await open(MIXED);
    expect(await outline().locator("li").allTextContents()).toEqual([
      "script, text, 60 lines, 830 bytes",
      "spec, object, 2 members, 632 bytes",
    ]);
    await outline().getByRole("link", { name: "spec", exact: true }).click();
    await pause();
    const top = await page.getByText("containers", { exact: true }).evaluate((name) => name.getBoundingClientRect().top);
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(200);
    expect(await enabled()).toEqual([false, true]);
  });

  test("of many members the largest", async () => {
    const big = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`big_${10 + i}`, "x".repeat(2_000 + i)]));
    await open({ payload: { ...rows(60), ...big } });
    const listed = await outline().locator("li").allTextContents();
    expect([listed.length, listed[0], listed.at(-1)]).toEqual([12, "big_18, text, 2.0 kB", "big_29, text, 2.0 kB"]);
    expect(await outline().textContent()).toContain("80 members, 41.3 kB. The largest:");
  });

  test("nothing of what fits on two screens", async () => {
    await open({ payload: rows(30) });
    expect(await outline().count()).toBe(0);
  });
});

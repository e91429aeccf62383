/** All of a request can be read, whatever it holds, and has to be read: it fits, no two look the same, and no link skips it. */
import type { Browser, CDPSession, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, type JsonValue, MAX_PAYLOAD_DEPTH } from "#countersign/json/canonical-json.ts";
import { ALEX, approvalData, decisionOf, SAM, type Variation } from "#test/support/documents/approval-data.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { oneIn } from "#test/support/every-case.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { approvalHtml, openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 700 } });
  await withPasskey(page);
});
afterAll(leaveChromium);

const open = async (variation: Variation = {}): Promise<void> => {
  await openApproval(page, approvalData(ORIGIN, variation));
  await page.getByText("Display verified", { exact: true }).waitFor();
};
const approve = () => page.getByRole("button", { name: "Approve with passkey", exact: true });
const hint = () => page.locator("#hint").textContent();
const scrolledTo = () => page.evaluate(() => scrollY);
const frames = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** `value` inside as many more lists and objects as a payload may have levels. */
const deepest = (value: JsonValue, wrap: (inner: JsonValue, level: number) => JsonValue): JsonObject => {
  let inner = value;
  for (let level = MAX_PAYLOAD_DEPTH; level > 1; level--) inner = wrap(inner, level);
  return { a: inner };
};

describe.each([390, 1440])("in a window of %d px", (width) => {
  test.each([100, 200, 400])("zoomed to %d per cent, no value reaches past its side, however deep it stands", async (zoom) => {
    await page.setViewportSize({ width: Math.floor((width * 100) / zoom), height: 700 });
    for (const payload of [
      deepest("VALUE-AT-THE-END", (inner) => [inner]),
      deepest("VALUE-AT-THE-END", (inner) => [1, inner, "x"]),
      deepest(-1234.5, (inner, level) => ({ [`level_${level}`]: inner })),
      deepest("a\u202eb \u{e0041}", (inner, level) => (level % 2 === 0 ? [inner] : { [`k${level}`]: inner, z: null })),
      { dense: "a\u200b".repeat(2_000) },
      { deep: deepest("a\u200b".repeat(2_000), (inner) => [inner])["a"] ?? null },
      deepest({}, (inner, level) => (level % 3 === 0 ? { ["k".repeat(300)]: inner } : ["v".repeat(300), inner])),
    ]) {
      await open({ payload, request: { action: "W".repeat(200), context: { ["c".repeat(100)]: payload } } });
      const outside = await page.evaluate(() => {
        for (const fold of document.querySelectorAll("details")) fold.open = true;
        const texts = document.createTreeWalker(document.querySelector("main") as Node, NodeFilter.SHOW_TEXT);
        const found: string[] = [];
        for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
          if (text.parentElement?.closest("#request, #payload, #payload-hash, #terms") === null) continue;
          const range = document.createRange();
          range.selectNodeContents(text);
          const rectangles = [...range.getClientRects()];
          if (rectangles.some(({ left, right }) => left < 0 || right > innerWidth + 0.5)) found.push(text.nodeValue ?? "");
        }
        return found;
      });
      expect(outside).toEqual([]);
      expect(await hint()).not.toContain("wider than the window");
    }
  });
});

test("while type is too large for the window, nothing counts as read, and the page says so", async () => {
  await page.setViewportSize({ width: 390, height: 700 });
  const enlarge = (size: string) => page.evaluate((to) => document.documentElement.style.setProperty("font-size", to), size);
  await open();
  await expect.poll(() => approve().isEnabled()).toBe(true);
  await enlarge("600px");
  await expect.poll(hint).toBe("Part of this request is wider than the window. Make the window wider or the text smaller to approve.");
  expect(await approve().isEnabled()).toBe(false);
  await enlarge("");
  await expect.poll(() => approve().isEnabled()).toBe(true);
});

describe("no two texts give the same picture:", () => {
  const LENGTHS = oneIn(
    2,
    Array.from({ length: 16 }, (_, i) => 30 + i),
  );

  /** Without its script it looks the same. */
  let still: Page;
  let devtools: CDPSession;
  beforeAll(async () => {
    still = await browser.newPage({ viewport: { width: 390, height: 2_000 }, javaScriptEnabled: false });
    devtools = await still.context().newCDPSession(still);
    await openApproval(still, approvalData(ORIGIN));
  });

  /** Texts of one length, without and with what the end of a line could hide. */
  const textsOf = (length: number): string[] => {
    const path = `/${"x".repeat(length)}`;
    const words = "move all of it to the old db (or not) by day".slice(0, length);
    return [
      ...["/etc", " /etc", "-db", "- db"].map((end) => path + end),
      ...["W1it", "W1 it", " W1 it", " (it)"].map((end) => words + end),
      ...["a=1", "a =1", "a= 1", "a = 1", "f(x)", "f (x)", "x-v", "x -v", "x - v", "(1),(2)", "(1), (2)", "k:v", "k: v"].map(
        (end) => `${words} ${end}`,
      ),
    ];
  };

  /** What each place shows, as its name and a PNG. */
  async function picturesOf(places: Record<string, Locator>): Promise<string[]> {
    const pictures: string[] = [];
    for (const [name, place] of Object.entries(places)) {
      const box = await place.boundingBox();
      if (box === null || box.y + box.height > 2_000) throw new Error(`${name} is not in the window`);
      const picture = await devtools.send("Page.captureScreenshot", { clip: { ...box, scale: 1 }, optimizeForSpeed: true });
      pictures.push(`${name} ${picture.data}`);
    }
    return pictures;
  }

  async function expectDistinct(texts: readonly string[], placesOf: (text: string) => Promise<Record<string, Locator>>): Promise<void> {
    const seen = new Map<string, string>();
    for (const text of texts) {
      for (const picture of await picturesOf(await placesOf(text))) {
        expect(seen.get(picture) ?? text, `${picture.split(" ")[0]} shows ${JSON.stringify(text)} like another text`).toBe(text);
        seen.set(picture, text);
      }
    }
    const [first = ""] = texts;
    const again = await picturesOf(await placesOf(first));
    expect(
      again.map((picture) => seen.get(picture)),
      "the same text gives the same pictures",
    ).toEqual(again.map(() => first));
  }

  /** The page of another request: its body takes the other's place, below the same style sheet, which costs less than to open it. */
  const show = async (variation: Variation): Promise<void> => {
    const html = await approvalHtml(approvalData(ORIGIN, variation));
    await still.evaluate((text) => {
      document.body = new DOMParser().parseFromString(text, "text/html").body;
      for (const fold of document.querySelectorAll("details")) fold.open = true;
    }, html);
  };

  test("values and names of a payload", async () => {
    await expectDistinct([...new Set(LENGTHS.flatMap(textsOf))], async (text) => {
      await show({ payload: { p: text, [text]: 1 } });
      const rows = still.locator("#payload .member");
      const [first, second] = text < "p" ? ["key", "value"] : ["value", "key"];
      return { [first]: rows.nth(0), [second]: rows.nth(1) };
    });
  });

  test("what looks like a space, a tab or a line's end, and what has no letter here", async () => {
    const alike = [..." ·•‧∙⋅・･→⇥⇨➔↵⏎\u0387\t\n", ..."ᚠᚢᚦ𐐀𐐁𠮷𠮸"];
    const texts = alike.map((one) => `a${one}b`);
    await expectDistinct([...texts, ..."ꓢꓔꓳꓑ ꓢꓔꓳꓓ".split(" ")], async (text) => {
      await show({ payload: { p: text, [text]: 1 }, request: { action: text } });
      const rows = still.locator("#payload .member");
      const [first, second] = text < "p" ? ["key", "value"] : ["value", "key"];
      return { [first]: rows.nth(0), [second]: rows.nth(1), action: still.locator("#request h1") };
    });
  });

  test("hundreds of spaces before the end of a line", async () => {
    await expectDistinct(
      [1, 2, 20, 399, 400].map((count) => `a${" ".repeat(count)}b`),
      async (text) => {
        await show({ payload: { p: text } });
        return { value: still.locator("#payload") };
      },
    );
  });

  test("action, reason, names and comments", async () => {
    const asked = "2026-11-20T09:30:00.000Z";
    await expectDistinct([...new Set(LENGTHS.flatMap(textsOf))], async (text) => {
      await show({
        people: [{ ...ALEX, display_name: text }, SAM],
        request: { action: text, reason: text, requested_at: asked, requested_by: { id: "agt_bot", name: text, owner: SAM.id } },
        state: { decisions: [{ ...decisionOf(SAM, "approved", text), decided_at: asked }] },
      });
      return {
        action: still.locator("#request h1"),
        reason: still.locator("#request .reason"),
        agent: still.locator("#request .asker"),
        person: still.locator("#terms .slots"),
        comment: still.locator("#signatures"),
      };
    });
  });

  test("ordinary prose has no marks in it, and the text itself has none anywhere", async () => {
    const prose = 'Move the old orders, 1200 of them, to "archive" (see ticket 4711). It\'s done by Sam.';
    await open({ payload: { note: prose }, request: { reason: prose } });
    expect(await page.locator("#request i").count()).toBe(0);
    expect(await page.locator("#payload .string").textContent()).toBe(`"${prose}"`);
  });
});

describe("the link that led here does not read for the person:", () => {
  const LONG = { payload: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key_${i}`, i])) };
  const PATH = `${ORIGIN}/a/${approvalData(ORIGIN).request.id}`;

  const expectUnread = async (): Promise<void> => {
    await page.getByText("Display verified", { exact: true }).waitFor();
    await frames();
    await frames();
    await frames();
    expect(await scrolledTo()).toBe(0);
    expect(await hint()).toBe("Not seen yet: 5 of 5 parts, first key_0 … key_19");
    expect(await approve().isEnabled()).toBe(false);
  };

  test.each(["#comment", "#part-5", "#deny", "#:~:text=Signatures", "#comment:~:text=key_59"])("%s", async (fragment) => {
    await page.setViewportSize({ width: 390, height: 700 });
    await open(LONG);
    await page.goto("about:blank");
    await page.goto(PATH + fragment);
    await expectUnread();
    expect(page.url()).toBe(PATH);
    await readThrough(page);
    await expect.poll(() => approve().isEnabled()).toBe(true);
  });

  // Each on a page of its own: whether the third jump of one page counts as the reader's depends on when the browser tells of it.
  test.each(["comment", "terms", "payload-hash"])("a fragment that comes later: %s", async (id) => {
    await open(LONG);
    await expectUnread();
    await page.evaluate((to) => location.assign(`#${to}`), id);
    await expect.poll(() => page.url()).toBe(PATH);
    await expect.poll(scrolledTo).toBe(0);
    await expectUnread();
  });

  test("a jump that nobody made", async () => {
    await open(LONG);
    await expectUnread();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await expect.poll(scrolledTo).toBe(0);
    await expectUnread();
  });

  test("reloading, and coming back, start at the top", async () => {
    await open(LONG);
    await readThrough(page);
    await expect.poll(() => approve().isEnabled()).toBe(true);
    await page.reload();
    await expectUnread();
    await readThrough(page);
    await page.goto("about:blank");
    await page.goBack();
    await expectUnread();
  });

  test("a window that grows until all is in it counts, one that is hidden does not", async () => {
    await open(LONG);
    await expectUnread();
    await page.evaluate(() => Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true }));
    await page.setViewportSize({ width: 390, height: 6_000 });
    await frames();
    expect(await approve().isEnabled()).toBe(false);
    await page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "visible" });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expect.poll(() => approve().isEnabled()).toBe(true);
    await page.setViewportSize({ width: 390, height: 700 });
  });

  test("a dragged scroll bar, which gives no other event, counts", async () => {
    await open(LONG);
    await expectUnread();
    const end = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let position = 0; position < end; position += 200) {
      await page.evaluate((to) => scrollTo(0, to), position);
      await frames();
    }
    await expect.poll(() => approve().isEnabled()).toBe(true);
  });
});

test("a reason for withdrawing, however long, covers nothing", async () => {
  await page.setViewportSize({ width: 390, height: 700 });
  await open({
    state: {
      status: "cancelled",
      ended_by: "requester",
      decided_at: "2026-11-20T09:30:00.000Z",
      cancel_reason: `Wrong${"\n".repeat(1_000)}`,
    },
  });
  const height = await page.locator("#decide").evaluate((bar) => bar.getBoundingClientRect().height);
  expect(height).toBeLessThan(250);
  expect(await page.locator("#signatures .reason").textContent()).toContain("Wrong");
});

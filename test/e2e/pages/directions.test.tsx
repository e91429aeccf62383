/**
 * A text of the agent that runs from right to left, or turns what follows it around, stays within itself: what stands beside it is where it
 * would be without. Measured where numbers are drawn that the test puts before and after each such text: they take any direction that
 * their neighbour has.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, openPage, ORIGIN } from "#test/support/browser/served-pages.tsx";
import { approvalData } from "#test/support/documents/approval-data.ts";
import { MessagePage } from "#pages/kit/message-page.tsx";

const TEXTS: readonly (readonly [string, string])[] = [
  ["Hebrew", "העבר 500 ₪ לחשבון"],
  ["Arabic", "تقرير رقم 12"],
  ["an override that is never taken back", "שלום\u202Edef"],
  ["an embedding that is never taken back", "שלום\u202Bdef"],
  ["an isolate that is never ended", "שלום\u2067def"],
  ["an end of an isolate that nobody began", "שלום\u2069\u202Edef"],
  ["a mark of direction", "שלום\u200F 12-34"],
];

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 1_200, height: 900 } });
});
afterAll(leaveChromium);

const open = (text: string): Promise<void> =>
  openApproval(
    page,
    approvalData(ORIGIN, {
      payload: { first: `${text} `, [text]: "value", list: [text, 17, "second"] },
      request: { action: text, reason: text, requested_by: { id: "agt_bot", name: text, owner: "usr_alex" } },
    }),
  );

/** Texts of the agent with a number on the wrong side, and how many there are. `isolated: false` is as it would be without their isolation. */
const look = (isolated = true): Promise<{ texts: number; displaced: string[] }> =>
  page.evaluate((isIsolated) => {
    const texts = [...document.querySelectorAll<HTMLElement>(".text, .agent")].filter((text) =>
      /[\u0590-\u06FF]/.test(text.textContent ?? ""),
    );
    const numbers = texts.map((text) => {
      if (!isIsolated) for (const part of [text, ...text.querySelectorAll<HTMLElement>("*")]) part.style.unicodeBidi = "normal";
      const [before, after] = ["11", "22"].map((number) => Object.assign(document.createElement("span"), { textContent: ` ${number} ` }));
      if (before !== undefined) text.before(before);
      if (after !== undefined) text.after(after);
      return { text, before, after };
    });
    const displaced = numbers.filter(({ text, before, after }) => {
      const first = before?.getBoundingClientRect();
      const last = after?.getBoundingClientRect();
      const isOneLine = first !== undefined && last !== undefined && Math.abs(first.top - last.top) < first.height / 2;
      const box = text.getBoundingClientRect();
      return isOneLine && (first.left > box.left + 1 || last.right < box.right - 1);
    });
    return { texts: texts.length, displaced: displaced.map(({ text }) => text.outerHTML) };
  }, isolated);

test.each(TEXTS)("%s reorders nothing around it", async (_, text) => {
  await open(text);
  const { texts, displaced } = await look();
  expect(texts).toBeGreaterThanOrEqual(5);
  expect(displaced).toEqual([]);
});

test("without isolation it would", async () => {
  await open("העבר 500 ₪ לחשבון");
  expect((await look(false)).displaced.length).toBeGreaterThan(0);
});

test("pages that only say something isolate what they repeat", async () => {
  await openPage(page, "/message", <MessagePage title="That did not work" message="העבר 500 ₪ לחשבון" />);
  expect(await look()).toEqual({ texts: 1, displaced: [] });
});

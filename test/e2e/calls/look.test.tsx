/** "To look at" in a browser: what "Fine" sends, what goes then and has the focus next, and what it says if it did not work. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NoticeItem } from "#api/calls/notice-data.ts";
import { LookPage } from "#pages/calls/look-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";
import { ALEX } from "#test/support/documents/approval-data.ts";

const notice = (number: number, tool: string): NoticeItem => ({
  agent: { id: "agt_0123456789abcdefABCDEF", name: "release\u202e-bot" },
  number,
  at: "2026-11-20T09:30:00.000Z",
  server: "files",
  tool,
  rule: "reads",
  score: 35,
  reasons: ["The agent has not used this tool before.", "It calls at an hour at which it has not called before."],
});
const NOTICES = [notice(2, "delete_file"), notice(1, "read_file")];
const PERSON = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true, mayStop: true, toLookAt: 2 };

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
});
afterAll(leaveChromium);

test("what is fine goes from the list, and the next one has the focus", async () => {
  const sent: string[] = [];
  await openPage(page, "/look", <LookPage person={PERSON} notices={NOTICES} isFurther={false} next={null} />, (path, request) => {
    sent.push(`${request.method()} ${path}`);
    return sent.length === 2 ? { status: 503, json: { code: "unavailable", detail: "Not now." } } : { json: {} };
  });
  expect(await violationsOn(page)).toEqual([]);
  const shown = (await page.locator("main").textContent()) ?? "";
  expect(shown).toContain("files.delete_file");
  expect(shown).not.toContain("\u202e");
  const fine = page.getByRole("button", { name: "Fine", exact: true });
  await fine.first().click();
  await page.getByRole("status").getByText("files.delete_file: looked at.").waitFor();
  expect(await fine.count()).toBe(1);
  expect(await fine.evaluate((button) => button === document.activeElement)).toBe(true);
  await fine.click();
  await page.getByRole("alert").getByText("Not now.").waitFor();
  expect(await fine.count()).toBe(1);
  await fine.click();
  await page.getByText("Nothing. When a call passes").waitFor();
  expect(sent).toEqual([2, 1, 1].map((number) => `POST /api/v1/notices/agt_0123456789abcdefABCDEF/${number}/fine`));
  expect(await violationsOn(page)).toEqual([]);
});

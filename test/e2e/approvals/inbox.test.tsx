/** The inbox while it stays open: what is new appears and is told, what has ended goes, and nothing moves under who uses it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Inbox, InboxRow } from "#api/inbox-data.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { ALEX } from "#test/support/documents/approval-data.ts";
import { inboxData, inboxRow } from "#test/support/documents/inbox-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Answer, openPage } from "#test/support/browser/served-pages.tsx";

const PERSON = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true };

let browser: Browser;
let page: Page;
/** What the page asked for, and what it is answered: by default that nothing has changed. */
let asked: string[] = [];
let answer: ReturnType<Answer>;

beforeAll(async () => {
  browser = await enterChromium();
});
beforeEach(async () => {
  asked = [];
  answer = { status: 204, json: null };
  page = await browser.newPage({ viewport: { width: 390, height: 700 } });
  await page.clock.install({ time: new Date("2026-11-20T09:30:00.000Z") });
});
afterEach(() => page.close());
afterAll(leaveChromium);

const rowsOf = (count: number): InboxRow[] => Array.from({ length: count }, (_, i) => inboxRow(`apr_${i}`));
const open = (inbox: Inbox) =>
  openPage(page, "/", <InboxPage person={PERSON} inbox={inbox} />, (path) => {
    asked.push(path);
    return answer;
  });
/** Lets the page ask `times` more, from where nothing changes. */
async function polled(times = 1): Promise<void> {
  for (const before = asked.length; asked.length < before + times;) {
    await page.clock.runFor(1_000);
    await page.waitForTimeout(20);
  }
}
const tell = async (waiting: InboxRow[], recent: InboxRow[] = []): Promise<void> => {
  answer = { json: inboxData(waiting, recent, { tag: `tag${waiting.length}${recent.length}` }) };
  await polled();
  answer = { status: 204, json: null };
};
const names = () => page.locator("#list-waiting .what").allInnerTexts();
const topOf = (id: string) => page.locator(`[data-request=${id}]`).evaluate((row) => Math.round(row.getBoundingClientRect().top));

describe("what is new", () => {
  test("appears in its place, is heard, and is counted in the title", async () => {
    await open(inboxData([]));
    expect(await page.getByText("Nothing is waiting.").count()).toBe(1);
    await tell([inboxRow("apr_1", { action: "Drop a table", agent: "data-bot" })]);
    await expect.poll(names).toEqual(["Drop a table"]);
    expect(await page.getByRole("status").textContent()).toBe("New request of data-bot: Drop a table");
    expect(await page.title()).toBe("(1) Requests – Countersign");
    expect(await page.getByText("Nothing is waiting.").count()).toBe(0);
    await tell([inboxRow("apr_0"), inboxRow("apr_1", { action: "Drop a table" }), inboxRow("apr_2")]);
    await expect.poll(names).toEqual(["Deploy apr_0", "Drop a table", "Deploy apr_2"]);
    expect(await page.getByRole("status").textContent()).toBe("2 new requests");
    expect(await violationsOn(page)).toEqual([]);
  });

  test("is not what only had no place here before", async () => {
    await open(inboxData(rowsOf(1)));
    await tell([inboxRow("apr_old", { requested_at: "2026-11-20T09:00:00.000Z" })]);
    await expect.poll(names).toEqual(["Deploy apr_old"]);
    expect(await page.getByRole("status").textContent()).toBe("");
  });

  test("is text, whatever it says", async () => {
    await open(inboxData([]));
    await tell([inboxRow("apr_1", { action: "bot\u202e <b>x</b>" })]);
    await expect.poll(names).toEqual(["botU+202E <b>x</b>"]);
    expect(await page.locator("main b").count()).toBe(0);
  });

  test.each(["focused", "pointed at"])("does not move the request that is %s, nor take the focus from it", async (how) => {
    await open(inboxData(rowsOf(3)));
    const link = page.locator("[data-request=apr_1] a");
    if (how === "focused") await link.focus();
    else await link.hover();
    const before = await topOf("apr_1");
    await tell([...rowsOf(12).slice(3), ...rowsOf(3)]);
    await expect.poll(async () => (await names()).length).toBe(12);
    expect(Math.abs((await topOf("apr_1")) - before)).toBeLessThanOrEqual(1);
    if (how === "focused") expect(await link.evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test("does not move what is read further down", async () => {
    await open(inboxData(rowsOf(30)));
    await page.evaluate(() => scrollTo(0, 600));
    const before = await topOf("apr_15");
    await tell([inboxRow("apr_new"), ...rowsOf(30)]);
    await expect.poll(async () => (await names()).length).toBe(31);
    expect(Math.abs((await topOf("apr_15")) - before)).toBeLessThanOrEqual(1);
  });
});

describe("what has ended", () => {
  test("goes, and stands under what has ended", async () => {
    await open(inboxData(rowsOf(2)));
    await tell([inboxRow("apr_1")], [inboxRow("apr_0", { status: "cancelled" })]);
    await expect.poll(names).toEqual(["Deploy apr_1"]);
    expect(await page.locator("#list-recent li").innerText()).toMatch(/Deploy apr_0[^]*Cancelled/);
    // It is no news that it has gone.
    expect(await page.getByRole("status").textContent()).toBe("");
  });

  test("gives its focus to the one after it, or to the list", async () => {
    await open(inboxData(rowsOf(2)));
    await page.locator("[data-request=apr_0] a").focus();
    await tell([inboxRow("apr_1")]);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await expect.poll(focused).toBe("Deploy apr_1");
    await tell([]);
    await expect.poll(focused).toBe("Waiting for you");
  });
});

describe("the page asks", () => {
  test("with what it has seen, every few seconds, and less often while nothing changes", async () => {
    await open(inboxData(rowsOf(1)));
    await polled(3);
    expect(new Set(asked)).toEqual(new Set(["/inbox?seen=0123456789abcdef"]));
    await page.clock.runFor(600_000);
    await page.waitForTimeout(200);
    const slow = asked.length;
    for (let seconds = 0; seconds < 60; seconds++) {
      const before = asked.length;
      await page.clock.runFor(1_000);
      await page.waitForTimeout(5);
      // The page sets its next time when it has its answer, which takes as long as the machine is slow.
      if (asked.length > before) await page.waitForTimeout(100);
    }
    expect(asked.length - slow).toBeGreaterThanOrEqual(3);
    expect(asked.length - slow).toBeLessThanOrEqual(8);
  });

  test("nothing while nobody can see it, and at once when somebody can again", async () => {
    await open(inboxData(rowsOf(1)));
    await polled();
    const show = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await show(true);
    const before = asked.length;
    await page.clock.runFor(120_000);
    await page.waitForTimeout(100);
    expect(asked.length).toBeLessThanOrEqual(before);
    await show(false);
    await expect.poll(() => asked.length).toBe(before + 1);
  });

  test("and says when it no longer learns anything, and when it does again", async () => {
    await open(inboxData(rowsOf(1)));
    const alert = page.getByRole("alert");
    answer = { status: 502, html: "<h1>Bad gateway</h1>" };
    await polled(2);
    await alert.getByText("New requests may be missing here").waitFor();
    await tell(rowsOf(2));
    await alert.waitFor({ state: "hidden" });
    answer = { status: 401, json: { code: "unauthorized", detail: "Sign in with a passkey first." } };
    await polled();
    await alert.getByText("you were signed out").waitFor();
    const before = asked.length;
    await page.clock.runFor(300_000);
    expect(asked).toHaveLength(before);
  });
});

test("a page further on in a list asks for that page", async () => {
  const inbox = inboxData(rowsOf(1), [], { shows: "further" });
  await openPage(page, "/?list=waiting&from=x~y", <InboxPage person={PERSON} inbox={inbox} />, (path) => {
    asked.push(path);
    return answer;
  });
  await polled();
  expect(asked).toEqual(["/inbox?list=waiting&from=x%7Ey&seen=0123456789abcdef"]);
  expect(await page.getByRole("link", { name: "From the beginning" }).first().getAttribute("href")).toBe("/?list=waiting");
});

test("without a script every list goes on by its links", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  const rows = rowsOf(1);
  const waiting = { name: "waiting", rows, total: 90, next: "/?list=waiting" } as const;
  const recent = { name: "recent", rows, total: null, next: "/?list=recent&from=x~y" } as const;
  await openPage(plain, "/", <InboxPage person={PERSON} inbox={inboxData([], [], { lists: [waiting, recent] })} />);
  const leads = (name: string) => plain.getByRole("link", { name, exact: true }).getAttribute("href");
  expect([await leads("All 90, by deadline"), await leads("Older")]).toEqual([waiting.next, recent.next]);
  await context.close();
});

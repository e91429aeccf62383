/** The inbox while it stays open: what is new appears and is told, what has ended goes, and nothing moves under who uses it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Inbox, InboxRow } from "#api/inbox-data.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { ALEX } from "#test/support/documents/approval-data.ts";
import { inboxData, inboxList, inboxRow } from "#test/support/documents/inbox-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Answer, openPage, ORIGIN } from "#test/support/browser/served-pages.tsx";

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
const tell = async (waiting: InboxRow[], changed: Partial<Inbox> = {}): Promise<void> => {
  answer = { json: inboxData(waiting, { tag: `tag${waiting.length}`, ...changed }) };
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
  test("goes, and is counted no more", async () => {
    await open(inboxData(rowsOf(2)));
    expect(await page.getByRole("link", { name: "For you" }).getAttribute("data-count")).toBe("2");
    await tell([inboxRow("apr_1")]);
    await expect.poll(names).toEqual(["Deploy apr_1"]);
    expect(await page.title()).toBe("(1) Requests – Countersign");
    expect(await page.getByRole("link", { name: "For you", exact: true }).getAttribute("data-count")).toBe("1");
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

test("a page whose line cannot be had asks as if there were none", async () => {
  const tried = page.waitForEvent("websocket");
  await openPage(page, "/", <InboxPage person={PERSON} inbox={inboxData(rowsOf(1))} isLive />, (path) => {
    if (path === "/inbox/live") return { status: 404, json: null };
    asked.push(path);
    return answer;
  });
  expect((await tried).url()).toBe(`${ORIGIN.replace("http", "ws")}/inbox/live`);
  await polled(2);
  await tell(rowsOf(2));
  await expect.poll(names).toEqual(["Deploy apr_0", "Deploy apr_1"]);
  expect(await page.getByRole("alert").isVisible()).toBe(false);
});

test("what is asked for next is shown to be on its way", async () => {
  await open(inboxData(rowsOf(1)));
  await page.evaluate(() => addEventListener("click", (event) => event.preventDefault()));
  expect(await page.locator("main").getAttribute("aria-busy")).toBeNull();
  await page.getByRole("link", { name: "Decided" }).click();
  expect(await page.locator("main").getAttribute("aria-busy")).toBe("true");
});

test("a page further on in a list asks for that page", async () => {
  const inbox = inboxData(rowsOf(1), { shows: "further" });
  await openPage(page, "/?tab=for-you&from=x~y", <InboxPage person={PERSON} inbox={inbox} />, (path) => {
    asked.push(path);
    return answer;
  });
  await polled();
  expect(asked).toEqual(["/inbox?tab=for-you&from=x%7Ey&seen=0123456789abcdef"]);
  expect(await page.getByRole("link", { name: "From the beginning" }).first().getAttribute("href")).toBe("/?tab=for-you");
});

test("without a script every list goes on by its links, a search is sent, and what is selected is reviewed", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  const lists = [
    inboxList("waiting", rowsOf(2), { total: { count: 90, more: false }, next: "/?tab=for-you" }),
    inboxList("recent", rowsOf(1), { next: "/?tab=decided&from=x~y" }),
  ];
  await openPage(plain, "/", <InboxPage person={PERSON} inbox={inboxData([], { lists })} />);
  const leads = (name: string) => plain.getByRole("link", { name, exact: true }).getAttribute("href");
  expect([await leads("All 90, by deadline"), await leads("Older")]).toEqual(["/?tab=for-you", "/?tab=decided&from=x~y"]);
  expect([await leads("For you"), await leads("Waiting on others"), await leads("Decided")]).toEqual([
    "/",
    "/?tab=waiting-on-others",
    "/?tab=decided",
  ]);
  await plain.getByRole("searchbox", { name: "Search requests" }).fill("drop table");
  await plain.getByRole("combobox", { name: "Risk" }).selectOption("High or critical");
  await plain.getByRole("button", { name: "Search" }).click();
  await plain.waitForURL(`${ORIGIN}/?q=drop+table&risk=high%2Ccritical&agent=`);
  for (const name of ["Select Deploy apr_0", "Select Deploy apr_1"]) await plain.getByRole("checkbox", { name }).check();
  await plain.getByRole("button", { name: "Review selected together" }).click();
  await plain.waitForURL(`${ORIGIN}/batch?id=apr_0&id=apr_1`);
  await context.close();
});

describe("what was selected", () => {
  const box = (id: string) => page.getByRole("checkbox", { name: `Select Deploy ${id}`, exact: true });

  test("is counted, and leads to one page; what is critical is not, and says why", async () => {
    await open(inboxData([...rowsOf(3), inboxRow("apr_c", { risk: "critical" })]));
    const review = page.locator("#review");
    expect(await review.isVisible()).toBe(false);
    expect(await box("apr_c").isDisabled()).toBe(true);
    expect(await box("apr_c").getAttribute("title")).toBe("Critical requests are reviewed one by one.");
    await box("apr_0").check();
    expect([await review.textContent(), await review.isDisabled()]).toEqual(["Review 1 together", true]);
    await box("apr_2").check();
    expect(await violationsOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Review 2 together" }).click();
    await page.waitForURL(`${ORIGIN}/batch?id=apr_0&id=apr_2`);
  });

  test("stays when others come, and goes with what has ended", async () => {
    await open(inboxData(rowsOf(3)));
    await box("apr_0").check();
    await box("apr_1").check();
    await tell([inboxRow("apr_new"), ...rowsOf(3)]);
    await page.getByRole("button", { name: "Review 2 together" }).waitFor();
    await tell([inboxRow("apr_1"), inboxRow("apr_2")]);
    await page.getByRole("button", { name: "Review 1 together" }).waitFor();
    expect(await box("apr_1").isChecked()).toBe(true);
  });

  test("is fifty at most", async () => {
    await open(inboxData(rowsOf(52)));
    for (let n = 0; n < 50; n++) await box(`apr_${n}`).check();
    await box("apr_50").click();
    expect(await box("apr_50").isChecked()).toBe(false);
    await page.getByText("50 are selected, which is the most.").waitFor();
    await page.getByRole("button", { name: "Review 50 together" }).waitFor();
  });

  test("is nothing where only one waits", async () => {
    await open(inboxData(rowsOf(1)));
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await tell(rowsOf(2));
    await expect.poll(() => page.getByRole("checkbox").count()).toBe(2);
  });
});

describe("by keys", () => {
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  test("one goes from request to request, selects and opens one", async () => {
    await open(inboxData(rowsOf(3)));
    await press("j");
    expect(await focused()).toBe("Deploy apr_0");
    await press("j", "j", "j", "k");
    expect(await focused()).toBe("Deploy apr_1");
    await press("x");
    expect(await page.getByRole("checkbox", { name: "Select Deploy apr_1" }).isChecked()).toBe(true);
    await press("Enter");
    await page.waitForURL(`${ORIGIN}/a/apr_1`);
  });

  test("none is heard while one types, or with a modifier", async () => {
    await open(inboxData(rowsOf(2)));
    await press("/", "j", "x", "?", "g", "a");
    expect(await page.getByRole("searchbox", { name: "Search requests" }).inputValue()).toBe("jx?ga");
    await page.locator("h1").focus();
    await press("Control+j", "Alt+j", "Meta+j", "Shift+J");
    expect(await focused()).toBe("Waiting for you");
    expect(page.url()).toBe(`${ORIGIN}/`);
  });

  test("they are listed, and lead to the places that are named", async () => {
    await open(inboxData(rowsOf(1)));
    await press("?");
    const dialog = page.getByRole("dialog", { name: "Keyboard" });
    await dialog.waitFor();
    expect(await dialog.innerText()).toContain("No key approves or denies anything.");
    expect(await violationsOn(page)).toEqual([]);
    await press("g", "a", "Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Keyboard" }).click();
    await dialog.getByRole("button", { name: "Close" }).click();
    await press("g", "p");
    await page.waitForURL(`${ORIGIN}/admin/policy`);
  });
});

describe("what is said", () => {
  test("when the browser is not connected: of when the page is", async () => {
    await open(inboxData(rowsOf(1)));
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await page.getByRole("alert").getByText("Not connected; what you see is of 09:30 UTC.").waitFor();
    answer = { json: inboxData(rowsOf(2), { tag: "online" }) };
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.getByRole("alert").waitFor({ state: "hidden" });
    await expect.poll(names).toEqual(["Deploy apr_0", "Deploy apr_1"]);
  });

  test("of risk, in a word; of what is not known, nothing", async () => {
    await open(inboxData([inboxRow("apr_h", { risk: "high" }), inboxRow("apr_c", { risk: "critical" }), inboxRow("apr_n")]));
    const rows = page.locator("#list-waiting li");
    expect(await rows.locator(".risk").allTextContents()).toEqual(["High risk", "Critical risk"]);
    expect(await rows.nth(2).innerText()).not.toMatch(/risk/i);
  });

  test("of a search: how far it looked, with the way on; and that nothing is like it", async () => {
    const search = { q: "drop", risk: "", agent: "" };
    const lists = [inboxList("waiting", []), inboxList("recent", rowsOf(1), { looked_at: 2_000, next: "/?tab=decided&q=drop&from=x~y" })];
    await openPage(
      page,
      "/?q=drop",
      <InboxPage person={PERSON} inbox={inboxData([], { lists, search, tab: null, shows: "whole" })} />,
      (path) => {
        asked.push(path);
        return answer;
      },
    );
    expect(await page.locator("#list-waiting .nothing").innerText()).toBe("No request is like this.");
    expect(await page.locator("#list-recent .looked-at").innerText()).toBe("Searched the newest 2,000.");
    expect(await page.getByRole("link", { name: "Search further" }).getAttribute("href")).toBe("/?tab=decided&q=drop&from=x~y");
    expect(await page.getByRole("link", { name: "Decided" }).getAttribute("href")).toBe("/?tab=decided&q=drop");
    expect(await page.getByRole("searchbox", { name: "Search requests" }).inputValue()).toBe("drop");
    await polled();
    expect(asked[0]).toBe("/inbox?q=drop&seen=0123456789abcdef");
    expect(await violationsOn(page)).toEqual([]);
  });
});

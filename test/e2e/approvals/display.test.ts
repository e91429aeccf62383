/** What is displayed is what is signed: the page proves it for any payload, and takes its buttons away at any difference. */
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALEX, anyPayload, anyText, approvalData, decisionOf, SAM } from "#test/support/documents/approval-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { approvalHtml, openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";
import { dataBlockText } from "#pages/kit/data-block.tsx";
import { manyOr } from "#test/support/every-case.ts";

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await withPasskey(page);
});
afterAll(leaveChromium);

const verified = () => page.locator("#verified");
const buttons = () => page.getByRole("button", { name: /with passkey$/ });

const expectDifference = async (): Promise<void> => {
  await verified().getByText("Difference found", { exact: true }).waitFor();
  expect(await buttons().count()).toBe(0);
  expect(await page.getByRole("textbox").count()).toBe(0);
  expect(await page.getByRole("alert").textContent()).toContain("Nothing was signed.");
};

test("for any payload and any names, the parsed HTML is the DOM that the browser makes from what it hashed", async () => {
  const name = anyText.map((text) => text.slice(0, 100).toWellFormed() || "x");
  await fc.assert(
    fc.asyncProperty(anyPayload, name, name, name, name, async (payload, action, reason, agent, person) => {
      const data = approvalData(ORIGIN, {
        payload,
        people: [{ ...ALEX, display_name: person }, SAM],
        request: { action, reason, requested_by: { id: "agt_bot", name: agent, owner: ALEX.id } },
        state: { decisions: [decisionOf(SAM, "approved", reason)] },
      });
      await openApproval(page, data);
      expect(await verified().textContent()).toBe("Display verified");
    }),
    { numRuns: manyOr(20, 60) },
  );
});

describe("how something was stands with how it will be", () => {
  const before = { replicas: 2, image: "api:4.1", script: "cd /srv\ngit pull\n./restart" };
  const payload = { after: { ...before, replicas: 4, script: "cd /srv\ngit pull --ff-only\n./restart" }, amount: 1, before };
  const boxOf = async (name: string) => {
    const box = await page.locator("#payload .pair").getByText(name, { exact: true }).boundingBox();
    if (box === null) throw new Error(`${name} is not shown`);
    return box;
  };

  test.each([390, 1440])(
    "at %d px: beside each other on the desktop, one under the other on the phone, what differs marked",
    async (width) => {
      await page.setViewportSize({ width, height: 844 });
      await openApproval(page, approvalData(ORIGIN, { payload }));
      await verified().getByText("Display verified", { exact: true }).waitFor();
      const [was, will] = [await boxOf("before"), await boxOf("after")];
      if (width === 390) expect(was.y).toBeLessThan(will.y);
      else expect([was.y, was.x < will.x]).toEqual([will.y, true]);
      expect(await page.locator("#payload del").allTextContents()).toEqual(["2"]);
      expect(await page.locator("#payload ins").allTextContents()).toEqual(["4", " --ff-only"]);
      expect(await violationsOn(page)).toEqual([]);
    },
  );

  test("for any payload in which it does, the parsed HTML is the DOM that the browser makes", async () => {
    await fc.assert(
      fc.asyncProperty(anyPayload, anyPayload, anyText, async (was, will, text) => {
        const pair = { before: { ...was, text }, after: { ...will, text: `${text}.` } };
        await openApproval(page, approvalData(ORIGIN, { payload: { ...pair, changes: [{ new: text, old: "x" }] } }));
        expect(await verified().textContent()).toBe("Display verified");
      }),
      { numRuns: manyOr(10, 30) },
    );
  });
});

describe("altering the open page takes the buttons away:", () => {
  const CHANGES: Record<string, () => void> = {
    "a cell's text": () => {
      const cell = document.querySelector("#payload .number");
      if (cell) cell.textContent = "4";
    },
    "one character of a text node": () => {
      const text = document.querySelector("#request h1 .text")?.firstChild;
      if (text instanceof Text) text.replaceData(0, 1, "d");
    },
    "a cell taken out": () => document.querySelector("#payload .member")?.remove(),
    "a cell put in": () => document.querySelector("#payload dl")?.append("x"),
    "a cell hidden": () => document.querySelector("#payload .member")?.setAttribute("hidden", ""),
    "the hash": () => document.querySelector("#payload-hash code")?.replaceChildren("0000"),
    "who may sign": () => document.querySelector("#terms .slots")?.remove(),
    "a whole region replaced": () => document.querySelector("#payload")?.replaceWith("nothing"),
    "a second region beside the first": () => {
      const payload = document.querySelector("#payload");
      payload?.before(payload.cloneNode(true));
    },
  };
  test.each(Object.entries(CHANGES))("%s", async (_, change) => {
    await openApproval(page, approvalData(ORIGIN));
    await verified().getByText("Display verified", { exact: true }).waitFor();
    expect(await buttons().count()).toBe(2);
    await page.evaluate(change);
    await expectDifference();
  });

  test("not what a reader unfolds, whose lines lead to their fields", async () => {
    const words = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`word_${10 + i}`, `pаypal${i}`]));
    await openApproval(page, approvalData(ORIGIN, { payload: words }));
    await verified().getByText("Display verified", { exact: true }).waitFor();
    const strip = page.getByRole("note", { name: "Look at this first" });
    expect(await strip.getByRole("link").count()).toBe(3);
    await strip.getByText("37 more", { exact: true }).click();
    expect(await strip.getByRole("link").count()).toBe(40);
    await strip.getByRole("link", { name: "word_49", exact: true }).click();
    await expect.poll(() => page.locator("#payload").getByText("word_49", { exact: true }).isVisible()).toBe(true);
    const top = await page
      .locator("#payload")
      .getByText("word_49", { exact: true })
      .evaluate((name) => name.getBoundingClientRect().top);
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(300);
    expect(await verified().textContent()).toBe("Display verified");
    expect(await buttons().count()).toBe(2);
  });

  test("not what changes anyway, such as the time left", async () => {
    await openApproval(page, approvalData(ORIGIN));
    await page.evaluate(() => document.querySelector("#time-left-text")?.replaceChildren("1 minute left"));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    expect(await verified().textContent()).toBe("Display verified");
    expect(await buttons().count()).toBe(2);
  });
});

describe("a page that was wrong when it came never gets buttons:", () => {
  const data = approvalData(ORIGIN, { payload: { amount: 30, to: "Sam" } });
  const other = approvalData(ORIGIN, { payload: { amount: 3000, to: "Sam" } });
  const block = dataBlockText(data);
  test.each<[string, (html: string) => string | Promise<string>]>([
    ["another payload in its data block", (html) => html.replace(block, dataBlockText({ ...data, payload: other.payload }))],
    ["another payload and its hash in its data block", (html) => html.replace(block, dataBlockText(other))],
    ["another payload displayed", async () => (await approvalHtml(other)).replace(dataBlockText(other), block)],
    [
      "no payload in its data block, of a request that can be decided",
      (html) => html.replace(block, dataBlockText({ ...data, payload: null })),
    ],
    ["no payload at all, of a request that can be decided", () => approvalHtml({ ...data, payload: null })],
    ["a member twice in its data block", (html) => html.replace('"amount":30', '"amount":3000,"amount":30')],
    ["a number that loses digits in its data block", (html) => html.replace('"amount":30', '"amount":30.00000000000000000001')],
    ["a member that nobody knows in its data block", (html) => html.replace(block, `{"more":1,${block.slice(1)}`)],
    ["no data block", (html) => html.replace(block, "")],
    [
      "another origin",
      (html) => html.replace(block, dataBlockText({ ...data, request: { ...data.request, origin: "https://evil.example" } })),
    ],
  ])("%s", async (_, change) => {
    await openApproval(page, data, { change });
    await expectDifference();
  });

  test("a page for another request", async () => {
    await openApproval(page, approvalData(ORIGIN, { request: { id: `apr_${"b".repeat(32)}` } }));
    await verified().getByText("Display verified", { exact: true }).waitFor();
    await page.evaluate(() => history.replaceState(null, "", `/a/apr_${"c".repeat(32)}`));
    const html = await approvalHtml(approvalData(ORIGIN));
    const elsewhere = `**/a/apr_${"c".repeat(32)}`;
    await page.route(elsewhere, (route) => route.fulfill({ body: html, contentType: "text/html" }));
    await page.reload();
    await expectDifference();
    await page.unroute(elsewhere);
  });
});

test("a request that is over shows its hash where its payload is not kept any more, with nothing to sign", async () => {
  const decisions = [decisionOf(SAM, "denied")];
  const data = approvalData(ORIGIN, {
    state: { status: "denied", ended_by: "passkeys", decided_at: decisions[0]?.decided_at ?? null, decisions },
  });
  await openApproval(page, { ...data, payload: null });
  await verified().getByText("Display verified", { exact: true }).waitFor();
  expect(await page.locator("#payload").textContent()).toBe("Not kept any more. What was decided on had this hash.");
  expect(await page.locator("#payload-hash").textContent()).toContain("SHA-256");
  expect(await buttons().count()).toBe(0);
  expect(await violationsOn(page)).toEqual([]);
});

test("markup in every text is text", async () => {
  const markup = "<img src=x onerror=document.title='run'><b>bold</b>&amp;</script><!--";
  const data = approvalData(ORIGIN, {
    payload: { [markup]: markup },
    people: [{ ...ALEX, display_name: markup }, SAM],
    request: { action: markup, reason: markup, requested_by: { id: "agt_bot", name: markup, owner: ALEX.id } },
    state: { decisions: [decisionOf(SAM, "approved", markup)] },
  });
  await openApproval(page, data);
  await verified().getByText("Display verified", { exact: true }).waitFor();
  expect(await page.locator("main img, main b").count()).toBe(0);
  expect(await page.getByText(markup, { exact: true }).count()).toBeGreaterThanOrEqual(8);
  expect(await page.title()).toBe(`${markup} – Countersign`);
});

describe.each([390, 1440])("at %d px", (width) => {
  test.each(["light", "dark"] as const)("hostile text overflows nothing and breaks no rule of WCAG, %s", async (colorScheme) => {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme });
    const nested = Array.from({ length: 30 }).reduce<Record<string, unknown>>((inner, _, level) => ({ [`level_${level}`]: inner }), {});
    const data = approvalData(ORIGIN, {
      payload: {
        url: `https://pаypal.com/${"a".repeat(500)}`,
        "x\u202e": "\u200b".repeat(200),
        nested: nested as never,
        rtl: "שלום 100 مرحبا",
      },
      request: { action: "W".repeat(200), reason: "y\u0301".repeat(500) },
    });
    await openApproval(page, data);
    await verified().getByText("Display verified", { exact: true }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await violationsOn(page)).toEqual([]);
  });
});

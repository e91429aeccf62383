/** A request's page after it was approved: it goes on to learn whether the agent used it and how that went, and then rests. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ApprovalPageData, ApprovalPageState } from "#api/approval-page-data.ts";
import { approvalData, decisionOf, SAM } from "#test/support/documents/approval-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Answer, openApproval, ORIGIN } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;
let asked: URL[] = [];
let answers: ApprovalPageState[] = [];

beforeAll(async () => {
  browser = await enterChromium();
});
beforeEach(async () => {
  asked = [];
  answers = [];
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
});
afterEach(() => page.close());
afterAll(leaveChromium);

/** The same every time: a later decision would be news. */
const DECIDED = decisionOf(SAM, "approved");
const fromNow = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
const approved = (use?: ApprovalPageState["use"], tag = "approved"): ApprovalPageState => ({
  tag,
  status: "approved",
  ended_by: "passkeys",
  cancel_reason: null,
  decided_at: fromNow(-60),
  decisions: [DECIDED],
  ...(use === undefined ? {} : { use }),
});
const REDEEMED = { redeemed_at: fromNow(-10), outcome: null, reported_at: null, detail: null };

/** Answers each poll with the next state, and then, as the service does, not before something changes. */
const open = (data: ApprovalPageData): Promise<void> => {
  const answer: Answer = (path) => {
    // The inbox is asked what waits next, which is not of this page.
    if (path === "/") return undefined;
    asked.push(new URL(path, ORIGIN));
    const state = answers.shift();
    return state === undefined ? undefined : { json: state };
  };
  return openApproval(page, data, { answer });
};
const story = () => page.locator("#afterwards li").allInnerTexts();
/** Lets whatever would ask again do so. */
const settled = () => page.waitForTimeout(400);

test("goes on from approved to used, to how it went, and then asks no more", async () => {
  answers = [
    approved({ ...REDEEMED, redeemed_at: null }, "redeeming"),
    approved(REDEEMED, "redeemed"),
    approved({ ...REDEEMED, outcome: "unknown", reported_at: fromNow(-5) }, "unknown"),
    approved({ ...REDEEMED, outcome: "failed", reported_at: fromNow(-1), detail: "Two of three" }, "failed"),
  ];
  await open(approvalData(ORIGIN, { state: approved() }));
  await page.getByText("The agent reported failure,").waitFor();
  expect(await story()).toHaveLength(3);
  expect(await page.locator("#afterwards blockquote").innerText()).toBe("Two of three");
  await settled();
  expect(asked.map(({ searchParams }) => searchParams.get("seen"))).toEqual(["approved", "redeeming", "redeemed", "unknown"]);
  // The verdict stays what it is, where it is.
  expect(await page.getByRole("status").textContent()).toBe("Approved");
  expect(await violationsOn(page)).toEqual([]);
});

test("an answer from before does not take the story back", async () => {
  answers = [approved(REDEEMED, "redeemed"), approved()];
  await open(approvalData(ORIGIN, { state: approved() }));
  await page.getByText("release-bot used it").waitFor();
  await settled();
  expect((await story()).join()).toContain("release-bot used it");
});

test("a page of a service that tells nothing of use goes on all the same", async () => {
  await open(approvalData(ORIGIN, { state: approved() }));
  await expect.poll(() => asked.length).toBe(1);
  expect(await story()).toEqual([
    expect.stringMatching(/^Approved, /),
    expect.stringMatching(/^Not used yet\. The agent can use it once, until /),
  ]);
});

test("says that it was never used when that is over, and has asked once more before", async () => {
  // It surely can no longer be used five seconds after its time.
  const data = approvalData(ORIGIN, { request: { use_by: fromNow(-3) }, state: approved() });
  const answer: Answer = async (path) => {
    const url = new URL(path, ORIGIN);
    asked.push(url);
    await new Promise((resolve) => setTimeout(resolve, Number(url.searchParams.get("wait")) * 1_000));
    return { json: approved() };
  };
  await openApproval(page, data, { answer });
  await page.getByText("Not used yet.").waitFor();
  await page.getByText("Never used, and no longer usable").waitFor();
  const waits = asked.map(({ searchParams }) => Number(searchParams.get("wait")));
  expect([waits[0], waits.at(-1)]).toEqual([2, 0]);
  const before = asked.length;
  await settled();
  expect(asked).toHaveLength(before);
});

test.each<[string, Partial<ApprovalPageState>, number]>([
  ["succeeded", { use: { ...REDEEMED, outcome: "succeeded", reported_at: fromNow(0) } }, 72 * 60],
  ["failed", { use: { ...REDEEMED, outcome: "failed", reported_at: fromNow(0) } }, 72 * 60],
  ["never used", {}, -3_600],
  ["denied", { status: "denied" }, 72 * 60],
  ["expired", { status: "expired", ended_by: "deadline", decisions: [] }, 72 * 60],
])("nothing is asked of what is over: %s", async (_, state, useBySeconds) => {
  await open(approvalData(ORIGIN, { request: { use_by: fromNow(useBySeconds) }, state: { ...approved(), ...state } }));
  await page.getByText("Display verified").waitFor();
  await settled();
  expect(asked).toEqual([]);
});

test("the way to check the receipt leads to that receipt", async () => {
  const data = approvalData(ORIGIN, { state: approved(REDEEMED) });
  await open(data);
  const link = page.getByRole("link", { name: "Verify this receipt", exact: true });
  expect(await link.getAttribute("href")).toBe(`/verify#request=${data.request.id}`);
});

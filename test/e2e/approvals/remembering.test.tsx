/** "Remember this approval" in a browser: nothing is chosen beforehand, what is chosen is said in words, and just that is signed and sent. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import type { GrantItem } from "#api/grants/grant-data.ts";
import { buildStatement, decisionChallenge } from "#countersign/documents/statement.ts";
import { actionShown, chooseGrant, type GrantChoice, grantIdOf } from "#countersign/grants/choose-grant.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { GrantsPage } from "#pages/grants/grants-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";
import { ALEX, PENDING } from "#test/support/documents/approval-data.ts";
import { callData } from "#test/support/documents/call-data.ts";

let browser: Browser;
let page: Page;
const SHOTS = process.env["SCREENSHOTS"];

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await withPasskey(page);
});
afterAll(leaveChromium);

const PAYLOAD = { service: "api", replicas: 3, labels: { team: "web" } };
interface Sent {
  nonce: string;
  verdict: string;
  grant?: GrantChoice;
  assertion: { client_data_json: string };
}

async function open(remember: ApprovalPageData["remember"] = { for: 604_800, uses: 20, same: null }) {
  const { data: plain } = await callData(ORIGIN, { given: PAYLOAD, requests: () => Promise.resolve([]) });
  const data: ApprovalPageData = { ...plain, ...(remember !== undefined && { remember }) };
  const sent: Sent[] = [];
  const answer = (path: string, request: { postDataJSON(): unknown }) => {
    if (!path.endsWith("/decision")) return undefined;
    sent.push(request.postDataJSON() as Sent);
    return { json: { ...PENDING, tag: "approved:1", status: "approved", ended_by: "passkeys", decided_at: new Date().toISOString() } };
  };
  await openApproval(page, data, { answer });
  await page.locator("#verified").getByText("Display verified", { exact: true }).waitFor();
  return { data, sent };
}

const remember = () => page.getByRole("checkbox", { name: /^Let this agent do the like again/ });
const words = () => page.locator("#grant-words");
/** What is chosen is chosen once all was read. */
const read = async () => {
  const opened = await open();
  await readThrough(page);
  return opened;
};
const approve = () => page.getByRole("button", { name: "Approve with passkey", exact: true }).click();
const challengeOf = ({ assertion }: Sent): string =>
  (JSON.parse(Buffer.from(assertion.client_data_json, "base64url").toString()) as { challenge: string }).challenge;

/** What is sent is what was chosen, and the passkey has signed the very statement that the service builds of it. */
function expectSigned(data: ApprovalPageData, [only]: Sent[], choice: GrantChoice | null): void {
  const shown = actionShown(data.request, data.payload ?? {}, Date.parse(data.now));
  if (only === undefined || shown === null) throw new Error("nothing was sent");
  expect(only.grant ?? null).toEqual(choice);
  const grant = choice === null ? null : chooseGrant(choice, shown);
  const draft = {
    verdict: "approved" as const,
    approver: data.person,
    comment: "",
    commentSalt: data.comment_salt,
    nonce: data.nonce,
    grant,
  };
  expect(challengeOf(only)).toBe(b64u(decisionChallenge(buildStatement(data.request, draft))));
}

const until = ({ now }: ApprovalPageData, seconds: number): string => new Date(Date.parse(now) + seconds * 1_000).toISOString();

describe.each([390, 1280])("at %d px", (width) => {
  test.each(["light", "dark"] as const)("nothing is chosen; chosen, it is said in words, and fits, %s", async (colorScheme) => {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme });
    await open();
    expect(await remember().isChecked()).toBe(false);
    expect(await page.locator("#remember-choices").isVisible()).toBe(false);
    await remember().check();
    await page.getByLabel("replicas", { exact: true }).selectOption("span");
    await page.getByLabel("service", { exact: true }).selectOption("one-of");
    await page.getByRole("textbox", { name: "Texts for service, one a line" }).fill("api\nweb");
    expect(await words().innerText()).toMatch(
      /may do .* 5 more times until .* without anybody being asked, where\s+labels is exactly \{"team":"web"\}\s+replicas is a number from 0 to 3\s+service is one of "api", "web"\s+and nothing else is in it\./,
    );
    expect(await page.locator("#hint").innerText()).not.toContain("undefined");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await violationsOn(page)).toEqual([]);
    if (SHOTS !== undefined) {
      await page.locator("#remember").scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${SHOTS}/remember-${width}-${colorScheme}-fold.png` });
      await page.screenshot({ path: `${SHOTS}/remember-${width}-${colorScheme}.png`, fullPage: true });
    }
  });
});

test("just what is said is signed and sent", async () => {
  const { data, sent } = await read();
  await remember().check();
  await page.getByLabel("replicas", { exact: true }).selectOption("any");
  await page.getByLabel("How often").fill("20");
  await page.getByLabel("For", { exact: true }).selectOption("604800");
  await approve();
  await expect.poll(() => sent.length).toBe(1);
  const choice = {
    id: grantIdOf(data.nonce),
    free: [{ pointer: "/replicas", bound: "any" as const }],
    uses: 20,
    until: until(data, 604_800),
  };
  expectSigned(data, sent, choice);
});

test("not chosen, or chosen and taken back: nothing is remembered", async () => {
  const { data, sent } = await read();
  await remember().check();
  await remember().uncheck();
  await approve();
  await expect.poll(() => sent.length).toBe(1);
  expectSigned(data, sent, null);
});

test("a denial remembers nothing, whatever is chosen", async () => {
  const { sent } = await open();
  await remember().check();
  await page.getByRole("button", { name: "Deny with passkey", exact: true }).click();
  await expect.poll(() => sent.length).toBe(1);
  expect(sent[0]).not.toHaveProperty("grant");
});

test("what cannot be given is not signed, and the page says why", async () => {
  const { sent } = await read();
  await remember().check();
  await page.getByLabel("How often").fill("21");
  await page.locator("#grant-wrong").getByText("uses: from 1 to 20").waitFor();
  await approve();
  await page.locator("#message").getByText("Nothing was signed").waitFor();
  expect(sent).toEqual([]);
});

test("words that something has changed are not signed", async () => {
  const { sent } = await read();
  await remember().check();
  await page
    .locator("#grant-words strong")
    .first()
    .evaluate((strong) => (strong.textContent = "one more time"));
  await approve();
  await page.locator("#message").getByText("does not show exactly what would be signed").waitFor();
  expect(sent).toEqual([]);
});

test("who signs second gives just what the first has signed, or nothing", async () => {
  const { data } = await open();
  const shown = actionShown(data.request, data.payload ?? {}, Date.parse(data.now));
  if (shown === null) throw new Error("no grant can be about it");
  const first = { id: "grt_first", free: [{ pointer: "/replicas", bound: "any" as const }], uses: 7, until: until(data, 86_400) };
  const { data: again, sent } = await open({ for: 604_800, uses: 20, same: chooseGrant(first, shown) });
  await readThrough(page);
  expect(await page.locator("#remember select").count()).toBe(0);
  await remember().check();
  expect(await words().innerText()).toContain("7 more times");
  await approve();
  await expect.poll(() => sent.length).toBe(1);
  expectSigned(again, sent, first);
});

test("nothing of it is there where the rule lets nobody remember", async () => {
  const { data } = await callData(ORIGIN, { given: PAYLOAD, requests: () => Promise.resolve([]) });
  await openApproval(page, data);
  expect(await page.locator("#remember").count()).toBe(0);
});

const ITEM: GrantItem = {
  id: "grt_AAAAAAAAAAAAAAAAAAAAAA",
  agent: { id: "agt_bot", name: "release-bot" },
  rule: "scaling",
  server: "kubernetes",
  tool: "scale_replicas",
  fixed: [{ pointer: "/service", value: "api" }],
  free: [{ pointer: "/replicas", bound: "any" }],
  uses: 20,
  used: 2,
  left: 18,
  given_at: "2026-11-29T10:00:00.000Z",
  until: "2026-12-06T10:00:00.000Z",
  given_by: [{ id: ALEX.id, username: ALEX.username }],
  request_id: `apr_${"a".repeat(32)}`,
  ended_by: null,
  revoked: null,
  used_for: [1, 2].map((use) => ({ use, request_id: `apr_${"b".repeat(32)}`, at: "2026-11-29T11:00:00.000Z" })),
};
const OVER: GrantItem = { ...ITEM, id: "grt_BBBBBBBBBBBBBBBBBBBBBB", left: 0, ended_by: "tool" };
const ADMIN = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true, mayOversee: true };

describe.each([390, 1280])("the list at %d px", (width) => {
  test("says what each lets pass, and revokes one after asking", async () => {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme: "light" });
    const removed: string[] = [];
    await openPage(page, "/admin/grants", <GrantsPage person={ADMIN} items={[ITEM, OVER]} filter={{}} next={null} />, (path, request) => {
      if (request.method() !== "DELETE") return undefined;
      removed.push(path);
      return { status: 204, html: "" };
    });
    const row = page.locator(`[data-grant="${ITEM.id}"]`);
    expect(await row.innerText()).toMatch(/18 of 20 uses left/);
    expect(await page.locator(`[data-grant="${OVER.id}"]`).innerText()).toContain("the tool is not accepted as it was");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await violationsOn(page)).toEqual([]);
    if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/grants-${width}.png`, fullPage: true });
    expect(await page.getByRole("button", { name: "Revoke grant", exact: true }).count()).toBe(1);
    await row.getByRole("button", { name: "Revoke grant", exact: true }).click();
    expect(removed).toEqual([]);
    await page.locator("#confirm-do").click();
    await row.getByText("Revoked just now").waitFor();
    expect(removed).toEqual([`/api/v1/grants/${ITEM.id}`]);
  });
});

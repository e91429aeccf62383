/**
 * Whoever cannot use a passkey where they are goes on elsewhere: with the page's link as a QR code at a desk, out of another app's browser
 * on a phone. A passkey on another device is asked for as any other.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addVirtualAuthenticator, enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";
import { approvalData, PASSKEY_ID } from "#test/support/documents/approval-data.ts";
import { IN_AN_APP } from "#test/support/scenes/card-scenes.ts";
import { SignInPage } from "#pages/sessions/sign-in-page.tsx";
import { codeOn } from "#test/support/scenes/read-code.ts";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
});
afterEach(() => page.context().close());
afterAll(leaveChromium);

const LINK = `${ORIGIN}/a/${approvalData(ORIGIN).request.id}`;
const button = (name: string) => page.getByRole("button", { name, exact: true });
const PHONE = { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } };

/** What the page asked the browser for, without answering. */
const KEEP_OPTIONS = `navigator.credentials.get = (options) => { globalThis.asked = options.publicKey; return new Promise(() => {}); };`;

async function open(data = approvalData(ORIGIN)): Promise<void> {
  await openApproval(page, data);
  await page.getByText("Display verified", { exact: true }).waitFor();
}

describe("at a desk", () => {
  test("that holds no passkeys the phone is offered where people sign in, with the page that they asked for", async () => {
    page = await (await browser.newContext()).newPage();
    await addVirtualAuthenticator(page, { transport: "usb", hasResidentKey: false, hasUserVerification: false });
    await openPage(page, new URL(LINK).pathname, <SignInPage next={new URL(LINK).pathname} />);
    await button("Go on with your phone").click();
    expect(await codeOn(page)).toBe(LINK);
  });

  test("the code goes away with Escape, and the page is as it was", async () => {
    page = await (await browser.newContext()).newPage();
    await page.addInitScript("delete window.PublicKeyCredential");
    await open();
    await button("Go on with your phone").click();
    const dialog = page.getByRole("dialog", { name: "Go on with your phone" });
    expect(await codeOn(page)).toBe(LINK);
    expect(await dialog.innerText()).toContain(LINK);
    await page.keyboard.press("Escape");
    expect(await dialog.count()).toBe(0);
    expect(await page.getByText("Display verified", { exact: true }).count()).toBe(1);
  });

  test("that holds some it is offered once none of them answered, and not before", async () => {
    page = await (await browser.newContext()).newPage();
    const authenticator = await withPasskey(page);
    await authenticator.setUserVerified(false);
    await open();
    expect(await button("Go on with your phone").count()).toBe(0);
    await button("Deny with passkey").click();
    await page.getByRole("alert").getByText("Nothing was signed.").waitFor();
    expect(await button("Go on with your phone").count()).toBe(1);
    expect(await button("Deny with passkey").isEnabled()).toBe(true);
  });

  test("the code is dark on light in every colour scheme, with room around it", async () => {
    page = await (await browser.newContext({ colorScheme: "dark" })).newPage();
    await page.addInitScript("delete window.PublicKeyCredential");
    await open();
    await button("Go on with your phone").click();
    const shown = page.getByRole("img", { name: "QR code of this page’s link" });
    const colours = await shown.evaluate((svg) => [
      getComputedStyle(svg).backgroundColor,
      getComputedStyle(svg.querySelector("path") ?? svg).fill,
      getComputedStyle(svg).forcedColorAdjust,
    ]);
    expect(colours).toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)", "none"]);
    expect(await shown.locator("path").getAttribute("d")).toMatch(/^M4 4h1v1h-1z/);
  });
});

describe("on a phone", () => {
  test("a prompt that ends without an answer leaves the page as it was", async () => {
    page = await (await browser.newContext(PHONE)).newPage();
    const authenticator = await withPasskey(page);
    await authenticator.setUserVerified(false);
    await open();
    await button("Deny with passkey").click();
    await page.getByRole("alert").getByText("Nothing was signed.").waitFor();
    expect(await button("Go on with your phone").count()).toBe(0);
    expect(await button("Copy the link to this page").count()).toBe(0);
  });

  test("in the browser of another app it says that this may be one, and still lets one try", async () => {
    page = await (await browser.newContext({ ...PHONE, userAgent: IN_AN_APP })).newPage();
    await withPasskey(page);
    await open();
    await page.getByText("You may be in the browser of Instagram").waitFor();
    await button("Copy the link to this page").waitFor();
    expect(await button("Go on with your phone").count()).toBe(0);
    expect(await button("Deny with passkey").isEnabled()).toBe(true);
  });
});

describe("a passkey on another device", () => {
  const options = (): Promise<Record<string, unknown>> =>
    page.evaluate(() => {
      const { allowCredentials, ...rest } = (globalThis as unknown as { asked: PublicKeyCredentialRequestOptions }).asked;
      return { transports: allowCredentials?.map(({ transports }) => transports), members: Object.keys(rest).toSorted() };
    });

  test.each([[["internal", "hybrid"]], [["hybrid"]], [[]]])(
    "is asked for over what it said itself, %j, and nothing narrows that",
    async (transports) => {
      page = await (await browser.newContext()).newPage();
      await addVirtualAuthenticator(page);
      await page.addInitScript(KEEP_OPTIONS);
      await open(approvalData(ORIGIN, { credentials: [{ id: PASSKEY_ID, transports }] }));
      await button("Deny with passkey").click();
      await page.waitForFunction("globalThis.asked !== undefined");
      // Neither hints nor an attachment: a browser shows every way that it has.
      const asked = await options();
      expect(asked["transports"]).toEqual([transports]);
      expect(asked["members"]).not.toContain("hints");
      expect(asked["members"]).not.toContain("authenticatorAttachment");
    },
  );
});

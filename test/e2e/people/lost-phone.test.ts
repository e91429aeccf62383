/**
 * Somebody lost a phone, against the running service: an admin finds them, signs them out everywhere, revokes the passkey, and invites
 * them to a new one. And what one person's page says while it goes on.
 */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

describe("a lost phone:", () => {
  let browser: Browser;
  let service: Service;
  let alex: BrowserPerson;
  let phone: BrowserPerson;
  let anew: BrowserPerson;

  beforeAll(async () => {
    browser = await enterChromium();
    service = await startService();
    [alex, phone, anew] = await Promise.all([
      BrowserPerson.at(browser, service.origin),
      BrowserPerson.at(browser, service.origin),
      BrowserPerson.at(browser, service.origin),
    ]);
    await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
    const digits = await phone.join(await alex.invite("sam", ["Approver"]), "sam", "Sam Okafor");
    await alex.confirm("sam", digits);
    await phone.signIn();
  });
  afterEach(() => {
    expect([alex, phone, anew].flatMap(({ complaints }) => complaints.splice(0))).toEqual([]);
  });
  afterAll(async () => {
    await leaveChromium();
    await service?.stop();
    if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
  });

  it("the admin finds whose it is", async () => {
    await alex.open("/admin/people");
    await alex.page.getByRole("searchbox", { name: "Search people" }).fill("okafor");
    await alex.page.getByRole("searchbox", { name: "Search people" }).press("Enter");
    await alex.page.waitForURL(/q=okafor/);
    expect(await alex.page.getByRole("listitem").filter({ hasText: "Alex Doe" }).count()).toBe(0);
    expect(await violationsOn(alex.page)).toEqual([]);
    await alex.page.getByRole("link", { name: "Sam Okafor" }).click();
    await alex.page.getByRole("heading", { level: 1, name: "Sam Okafor" }).waitFor();
    expect(await alex.page.locator("#sessions li").count()).toBe(1);
    expect(await violationsOn(alex.page)).toEqual([]);
  });

  it("signs them out everywhere: the phone is out at its next step", async () => {
    await alex.button("Sign out everywhere").click();
    expect(await alex.page.getByRole("dialog").innerText()).toContain("Every session of theirs ends at once.");
    expect(await violationsOn(alex.page)).toEqual([]);
    await alex.button("End all sessions").click();
    expect(await alex.said()).toBe("sam is signed out everywhere.");
    expect(await alex.page.locator("#sessions").innerText()).toBe("Nowhere.");
    await phone.page.reload();
    await phone.button("Sign in with passkey").waitFor();
    // Whoever has the phone has the passkey.
    expect(await phone.signIn()).toBe(true);
  });

  it("revokes the passkey: whoever has the phone does not get in again", async () => {
    await alex.page.reload();
    await alex.button("Revoke").click();
    await alex.button("Revoke passkey").click();
    expect(await alex.said()).toBe("A passkey of sam is revoked.");
    expect((await phone.page.request.get(`${service.origin}/api/v1/me`)).status()).toBe(401);
    expect(await phone.signIn()).toBe(false);
  });

  it("invites them to a new one, and confirms it on the same page", async () => {
    await alex.button("New passkey for sam").click();
    const link = await alex.inviteLink("New passkey for sam");
    await alex.page.getByRole("heading", { name: "Open invites" }).waitFor();
    expect(await violationsOn(alex.page)).toEqual([]);
    const digits = await anew.join(link, "sam", "Sam Okafor");
    await alex.page.reload();
    expect(await alex.page.locator("#waiting .words").textContent()).toBe(digits);
    expect(await violationsOn(alex.page)).toEqual([]);
    await alex.button("Confirm passkey of sam").click();
    expect(await alex.said()).toBe("Passkey of sam confirmed. They can sign in now.");
    expect(await anew.signIn()).toBe(true);
    expect(await phone.signIn()).toBe(false);
  });

  it("signs out of everything on one's own account as well", async () => {
    await anew.open("/account");
    await anew.button("Sign out everywhere").click();
    await anew.button("End all sessions").click();
    await anew.button("Sign in with passkey").waitFor();
    expect((await anew.page.request.get(`${service.origin}/api/v1/me`)).status()).toBe(401);
  });
});

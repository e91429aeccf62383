/**
 * The policy's page against the running service: an admin writes, is shown an error at its line, mends it, sees what would change, and
 * publishes with the passkey; two admins; and a browser without scripts.
 */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const HEAD = "type: countersign/policy@v1\nrules:\n";
const RULE = '  - { name: no-deploys, match: { action: "Deploy*" }, effect: deny, message: Not today. }\n';

let browser: Browser;
beforeAll(async () => {
  browser = await enterChromium();
});
afterAll(leaveChromium);

let service: Service;
let alex: BrowserPerson;
const begin = async (env: Record<string, string> = {}): Promise<void> => {
  service = await startService({ env });
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
};
afterEach(async () => {
  expect(alex.complaints).toEqual([]);
  await service.stop();
  rmSync(service.stateDir, { recursive: true });
});

const statusText = (person: BrowserPerson, text: string | RegExp) => person.page.getByRole("status").getByText(text).waitFor();
const write = async (person: BrowserPerson, text: string): Promise<void> => person.textbox("Policy").fill(text);

/** Asks as an agent does; gives the answer's status and what it says. */
async function ask(key: string, action: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${service.origin}/api/v1/approvals`, {
    method: "POST",
    headers: { "X-Api-Key": key, "content-type": "application/json" },
    body: JSON.stringify({ action, payload: { replicas: 3 }, wait_seconds: 0 }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe("an admin", () => {
  beforeEach(() => begin());

  it("writes, sees an error at its line, mends it, tries it on what was asked, and publishes with the passkey", async () => {
    const { page } = alex;
    await alex.open("/admin/agents");
    await alex.textbox("Name").fill("release-bot");
    await alex.button("Create agent").click();
    await page.locator("#created").waitFor();
    const key = (await page.locator("#key").textContent()) ?? "";
    expect((await ask(key, "Deploy api")).status).toBe(201);
    expect((await ask(key, "Restart api")).status).toBe(201);

    await alex.open("/admin/policy");
    await page.getByText("one approver is asked for everything. No policy is published yet.").waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await write(alex, `${HEAD}${RULE.replace("deny", "denied")}`);
    await alex.button("Check").click();
    await statusText(alex, "This policy cannot be published: 1 error, no warnings.");
    expect(await violationsOn(page)).toEqual([]);
    const marker = page.locator(".cm-lint-marker-error");
    expect(await marker.count()).toBe(1);
    await alex.button("Line 3, column 63").click();
    expect(await alex.textbox("Policy").evaluate((field) => field === document.activeElement)).toBe(true);
    await alex.button("Publish policy").click();
    await page.getByRole("alert").getByText("Nothing was published. This policy cannot be published: 1 error").waitFor();

    await write(alex, `${HEAD}${RULE}`);
    await alex.button("Check").click();
    await statusText(alex, "Nothing is wrong with this policy.");
    await page.getByText("New: no-deploys").waitFor();
    expect(await marker.count()).toBe(0);
    await alex.button("Try on past requests").click();
    await statusText(alex, "Of the last 2 asks, this one would have changed.");
    const changed = page.getByRole("table", { name: "Asks that would have been judged otherwise" });
    expect(await changed.getByRole("rowheader").allTextContents()).toEqual([expect.stringContaining("Deploy api")]);
    expect(await violationsOn(page)).toEqual([]);

    await alex.button("Publish policy").click();
    await statusText(alex, "Version 1 is in force.");
    await page.getByText(/Version 1 is in force since .* signed by alex/).waitFor();
    expect(await ask(key, "Deploy api")).toMatchObject({ status: 403, body: { code: "policy_denied", detail: "Not today." } });
    expect((await ask(key, "Restart web")).status).toBe(201);

    // Another version, and back to the first one's text.
    await write(alex, HEAD.replace("rules:\n", "mode: observe\n"));
    await alex.button("Publish policy").click();
    await statusText(alex, "Version 2 is in force.");
    await page.getByRole("link", { name: "Show version 1" }).click();
    await page.getByRole("heading", { name: "Version 1", exact: true }).waitFor();
    await page.getByRole("link", { name: "Load version 1 into the editor" }).click();
    await statusText(alex, "The text is loaded.");
    expect(await alex.textbox("Policy").textContent()).toContain("no-deploys");
    await alex.button("Publish policy").click();
    await statusText(alex, "Version 3 is in force.");
    expect(await ask(key, "Deploy api")).toMatchObject({ status: 403 });
    expect(await violationsOn(page)).toEqual([]);
  });

  it("is told when another version came into force meanwhile, and what that changed", async () => {
    const other = await BrowserPerson.at(browser, service.origin, alex);
    await other.open("/admin/policy");
    await alex.open("/admin/policy");
    await write(alex, `${HEAD}${RULE}`);
    await alex.button("Publish policy").click();
    await statusText(alex, "Version 1 is in force.");
    await write(other, HEAD.replace("rules:\n", "mode: observe\n"));
    await other.button("Publish policy").click();
    await other.page.getByRole("alert").getByText("Nothing was published: version 1 is in force now.").waitFor();
    await other.page.getByRole("region", { name: "What version 1 has changed meanwhile" }).waitFor();
    expect(other.complaints).toEqual([]);
  });

  it("leaves the editor by Tab, is offered keys and names, and begins with an example", async () => {
    const { page } = alex;
    await alex.open("/admin/policy");
    await page.getByRole("link", { name: "a small team" }).click();
    await statusText(alex, "The text is loaded.");
    expect(await alex.textbox("Policy").textContent()).toContain("countersign/policy@v1");
    await page.keyboard.press("Tab");
    expect(await alex.textbox("Policy").evaluate((field) => field.contains(document.activeElement))).toBe(false);
    await write(alex, "");
    await page.keyboard.type("defaults:\n  app");
    await page.getByRole("option", { name: "approvals" }).waitFor();
    await write(alex, "defaults:\n  approvals: [{ users: [al");
    await page.keyboard.press("Control+Space");
    await page.getByRole("option", { name: "alex" }).waitFor();
    await page.keyboard.press("Escape");
  });

  it("checks and loads without a script", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: await alex.context.storageState() });
    const page = await context.newPage();
    await page.goto(`${service.origin}/admin/policy`);
    await page.getByRole("textbox", { name: "Policy", exact: true }).fill(`${HEAD}${RULE.replace("deny", "denied")}`);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("This policy cannot be published: 1 error, no warnings.").waitFor();
    await page.getByText("Line 3, column 63").waitFor();
    expect(await page.getByRole("textbox", { name: "Policy", exact: true }).inputValue()).toBe(`${HEAD}${RULE.replace("deny", "denied")}`);
    expect(await page.getByRole("button", { name: "Publish policy" }).isHidden()).toBe(true);
    await page.getByRole("link", { name: "a small team" }).click();
    await page.getByText("This is an example").waitFor();
    expect(await page.getByRole("textbox", { name: "Policy", exact: true }).inputValue()).toContain("countersign/policy@v1");
    await context.close();
  });
});

describe("two admins", () => {
  beforeEach(() => begin({ ADMINS_REQUIRED: "2" }));

  it("publish together: the second reads the text, and what it changes, before signing", async () => {
    const blair = await BrowserPerson.at(browser, service.origin);
    const digits = await blair.join(await alex.invite("blair", ["Admin"]), "blair", "Blair Example");
    await alex.confirm("blair", digits);
    expect(await blair.signIn()).toBe(true);
    await alex.open("/admin/policy");
    await write(alex, `${HEAD}${RULE}`);
    await alex.button("Publish policy").click();
    await statusText(alex, "You have signed for version 1. Another admin has to sign as well.");
    await alex.page.getByText("Signed by you. Waiting for a second admin’s signature.").waitFor();
    await blair.open("/admin/policy");
    await blair.page.getByText("1 of 2 admins have signed: alex.").waitFor();
    const difference = blair.page.getByRole("table", { name: "What version 1 changes" });
    expect(await difference.getByRole("row").last().textContent()).toContain("no-deploys");
    expect(await violationsOn(blair.page)).toEqual([]);
    await blair.button("Sign and publish version 1").click();
    await statusText(blair, "Version 1 is in force.");
    await blair.page
      .getByText(/signed by alex and blair/)
      .first()
      .waitFor();
    expect(blair.complaints).toEqual([]);
  });
});

/** An agent misbehaves: an admin finds it, stops it, sees what it did, and gives it another key. On the pages of the running service, with axe in each state. */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let kim: BrowserPerson;
let blair: BrowserPerson;
let key = "";
let agentPath = "";
beforeAll(async () => {
  browser = await enterChromium();
  service = await startService();
  const { origin } = service;
  [alex, kim, blair] = await Promise.all([
    BrowserPerson.at(browser, origin),
    BrowserPerson.at(browser, origin),
    BrowserPerson.at(browser, origin),
  ]);
});
afterEach(() => {
  expect([alex, kim, blair].flatMap(({ complaints }) => complaints.splice(0))).toEqual([]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true, force: true });
});

/** What the agent gets that holds this key and asks for something. */
async function asks(withKey: string): Promise<[number, string | undefined]> {
  const headers = { "x-api-key": withKey, "content-type": "application/json" };
  const body = JSON.stringify({
    action: "Empty the archive",
    payload: { bucket: "archive" },
    wait_seconds: 0,
    idempotency_key: crypto.randomUUID(),
  });
  const answer = await fetch(`${service.origin}/api/v1/approvals`, { method: "POST", headers, body });
  return [answer.status, ((await answer.json()) as { code?: string }).code];
}

const SHOTS = process.env["SCREENSHOTS"];
/** Nothing on the page that axe or a narrow screen minds. */
async function look({ page }: BrowserPerson, name: string): Promise<void> {
  expect(await violationsOn(page)).toEqual([]);
  const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(scroll).toBeLessThanOrEqual(width ?? 0);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

const makeAgent = async (name: string): Promise<string> => {
  await alex.textbox("Name").fill(name);
  await alex.button("Create agent").click();
  await alex.page.getByRole("heading", { name: `Agent ${name} is ready` }).waitFor();
  return (await alex.page.locator("#key").textContent()) ?? "";
};

it("there is no agent at first, and what is looked for is found among those that are made", async () => {
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
  await alex.open("/admin/agents");
  await look(alex, "agents-none");
  key = await makeAgent("night-crawler");
  await alex.open("/admin/agents");
  await look(alex, "agents-one");
  await makeAgent("release-bot");
  expect([await asks(key), await asks(key), await asks(key)]).toEqual([201, 201, 201].map((status) => [status, undefined]));

  await alex.open("/admin/agents");
  await alex.page.getByRole("searchbox", { name: "Search agents" }).fill("crawler");
  await alex.button("Search").click();
  await alex.page.waitForURL(/q=crawler/);
  expect(await alex.page.locator("#agent-list > li").count()).toBe(1);
  await look(alex, "agents-found");
  await alex.page.getByRole("link", { name: "night-crawler" }).click();
  await alex.page.getByRole("heading", { name: "night-crawler", level: 1 }).waitFor();
  agentPath = new URL(alex.page.url()).pathname;
  await look(alex, "agent-running");
});

it("is stopped from its page, by the keyboard, which then says what it asked for and how that ended", async () => {
  expect(await alex.page.locator("#counts").textContent()).toBe(
    "3 in all: 0 approved, 0 passed without people, 0 denied, 0 expired, 0 cancelled, 3 pending.",
  );
  await alex.button("Stop this agent").focus();
  await alex.page.keyboard.press("Enter");
  await alex.page.getByRole("heading", { name: "Stop night-crawler" }).waitFor();
  await alex.button("Stop it now").focus();
  await alex.page.keyboard.press("Enter");
  await alex.page.getByText("Stopped since").first().waitFor();
  expect(await asks(key)).toEqual([403, "agent_stopped"]);
  await alex.open(agentPath);
  await expect
    .poll(async () => (await alex.open(agentPath), alex.page.locator("#counts").textContent()))
    .toContain("3 cancelled, 0 pending.");
  const asked = alex.page.locator("#asked > li");
  expect(await asked.count()).toBe(3);
  expect(await asked.first().innerText()).toContain("Empty the archive");
  await look(alex, "agent-stopped");
  await asked.first().getByRole("link").click();
  await alex.status("Cancelled");
});

it("gets another key, shown once, and the old one opens nothing any more", async () => {
  await alex.open(agentPath);
  await alex.button("Replace key").click();
  await alex.page.getByRole("spinbutton", { name: "Hours for which the old key goes on" }).fill("500");
  await alex.button("Sign new key").click();
  await alex.page.getByText("Enter whole hours, 0 to 168.").waitFor();
  await look(alex, "agent-rotate-refused");
  await alex.page.getByRole("spinbutton", { name: "Hours for which the old key goes on" }).fill("1");
  await alex.button("Sign new key").click();
  await alex.page.getByRole("heading", { name: "The new key" }).waitFor();
  const fresh = (await alex.page.locator("#key").textContent()) ?? "";
  expect(fresh).toMatch(/^csk_[0-9A-Za-z]{36}$/);
  expect(fresh).not.toBe(key);
  expect(await alex.page.locator("#claude-code").textContent()).toContain(fresh);
  await look(alex, "agent-new-key");

  await alex.open(agentPath);
  expect(await alex.page.content()).not.toContain(fresh);
  const old = alex.page.locator("#old-keys > li");
  expect(await old.innerText()).toContain(`Key 1, ${key.slice(0, 8)}…`);
  await alex.button("End now").click();
  await alex.page.getByRole("heading", { name: "End key 1" }).waitFor();
  await alex.button("End key").click();
  await old.getByText(/^Ended /).waitFor();
  expect(await asks(key)).toEqual([401, "unauthorized"]);

  await alex.button("Release").click();
  await alex.page.getByText("Running", { exact: true }).waitFor();
  expect(await asks(fresh)).toEqual([201, undefined]);
});

it("is called something else, which an admin signs", async () => {
  await alex.open(agentPath);
  await alex.button("Rename").click();
  await alex.page.getByRole("heading", { name: "Rename night-crawler" }).waitFor();
  expect(await alex.textbox("New name").inputValue()).toBe("night-crawler");
  await alex.textbox("New name").fill("release-bot");
  await alex.button("Sign change").click();
  await alex.page.getByText("an agent that is not revoked has a name that looks like this").waitFor();
  await look(alex, "agent-rename-refused");
  await alex.textbox("New name").fill("tamed bot");
  await alex.button("Sign change").click();
  await alex.page.getByRole("heading", { level: 1, name: "tamed bot" }).waitFor();
});

it("a test request comes to the admin who sends it, says what it is, and is decided as any", async () => {
  await alex.open(agentPath);
  await alex.button("Send me a test request").click();
  await alex.page.getByRole("heading", { name: "Test request: nothing happens, whatever you decide" }).waitFor();
  await alex.decide("Approve", "Approved");
  expect(await alex.page.locator("main").innerText()).toContain("nobody can use it");
});

it("an auditor reads all of it and changes nothing, and so does everybody once it is revoked", async () => {
  const link = await alex.invite("kim", ["Auditor"]);
  await alex.confirm("kim", await kim.join(link, "kim", "Kim Lindqvist"));
  expect(await kim.signIn()).toBe(true);
  await kim.open("/admin/agents?state=running");
  await look(kim, "agents-auditor");
  await kim.open(agentPath);
  await look(kim, "agent-auditor");
  expect(await kim.page.getByRole("button").allInnerTexts()).toEqual(["Sign out"]);
  expect(await kim.page.locator("#asked > li").count()).toBe(4);

  await alex.open(agentPath);
  await alex.button("Revoke").click();
  await alex.button("Revoke agent").click();
  await alex.page.getByText("Revoked just now").waitFor();
  await alex.open(agentPath);
  await alex.page
    .getByText(/^Revoked /)
    .first()
    .waitFor();
  expect(await alex.button("Replace key").count()).toBe(0);
  await look(alex, "agent-revoked");
  await alex.open("/admin/agents/agt_nobody");
  await alex.page.getByText("There is no such agent.").waitFor();
  await look(alex, "agent-none");
});

it("where two admins sign, the second signs on the agent's page, and is shown the key", async () => {
  const link = await alex.invite("blair", ["Admin"]);
  await alex.confirm("blair", await blair.join(link, "blair", "Blair Roe"));
  expect(await blair.signIn()).toBe(true);
  // No page with a line to the service is open while that is away.
  for (const person of [alex, kim, blair]) await person.open("/account");
  await service.stop();
  service = await startService({ stateDir: service.stateDir, port: service.port, env: { ADMINS_REQUIRED: "2" } });
  await alex.open("/admin/agents?q=release");
  await alex.page.getByRole("link", { name: "release-bot" }).click();
  await alex.button("Replace key").click();
  await alex.button("Sign new key").click();
  await alex.page.getByText("1 of 2 admins have signed: you.").waitFor();
  await look(alex, "agent-waiting");
  await blair.open("/admin/agents");
  await look(blair, "agents-waiting");
  await blair.page.getByRole("link", { name: "To sign: the page of release-bot" }).click();
  await blair.button("Sign new key of release-bot").click();
  await blair.page.getByRole("heading", { name: "The new key" }).waitFor();
  expect(await blair.page.locator("#key").textContent()).toMatch(/^csk_[0-9A-Za-z]{36}$/);
  await alex.open("/admin/agents");
  expect(await alex.page.locator("#waiting li").count()).toBe(0);

  await alex.page.getByRole("link", { name: "release-bot" }).click();
  await alex.button("Rename").click();
  await alex.textbox("New name").fill("day-bot");
  await alex.button("Sign change").click();
  await alex.page.getByText("1 of 2 admins have signed: you.").waitFor();
  await blair.open("/admin/agents");
  await blair.page.getByRole("heading", { name: "release-bot, from then on called day-bot in no group" }).waitFor();
  await look(blair, "agents-renaming");
  await blair.button("Sign the name day-bot").click();
  await blair.page.getByRole("link", { name: "day-bot" }).waitFor();
});

/** An auditor at the running service: who approved this export, under which rule, and is the list complete? */
import { readFile, rm } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let kim: BrowserPerson;
beforeAll(async () => {
  browser = await enterChromium();
  service = await startService();
  [alex, kim] = [await BrowserPerson.at(browser, service.origin), await BrowserPerson.at(browser, service.origin)];
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
  const digits = await kim.join(await alex.invite("kim", ["Auditor"]), "kim", "Kim Lee");
  await alex.confirm("kim", digits);
  expect(await kim.signIn()).toBe(true);
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("export-bot");
  await alex.button("Create agent").click();
  await alex.page.getByRole("heading", { name: "Agent export-bot is ready" }).waitFor();
  const key = (await alex.page.locator("#key").textContent()) ?? "";
  for (const [action, verdict, then] of [
    ["Export customers to acme", "Approve", "Approved"],
    ["Export salaries", "Deny", "Denied"],
  ] as const) {
    const answer = await fetch(`${service.origin}/api/v1/approvals`, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: JSON.stringify({ action, payload: { rows: 12 }, wait_seconds: 0 }),
    });
    await alex.openApproval(((await answer.json()) as { approval_url: string }).approval_url);
    await alex.decide(verdict, then);
  }
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service) await rm(service.stateDir, { recursive: true, force: true });
});

it("finds who approved it, under which rule, reads what the log commits to, and takes the list along", async () => {
  const { page } = kim;
  const month = new Date().toISOString().slice(0, 7);
  await kim.open("/audit");
  await page.getByText(/This has all \d+ entries of the transparency log\./).waitFor();
  expect(await violationsOn(page)).toEqual([]);

  await page.getByRole("searchbox", { name: "Search the record" }).fill("export acme");
  await page.getByText("Filters", { exact: true }).click();
  await page.getByLabel("Kind", { exact: true }).selectOption({ label: "Approved" });
  await page.getByLabel("From", { exact: true }).fill(`${month}-01`);
  await kim.button("Search").click();
  await page.waitForURL(/q=export/);
  const entries = page.locator("#entries").getByRole("listitem");
  expect(await entries.count()).toBe(1);
  const row = await entries.first().innerText();
  for (const said of ["Approved: Export customers to acme", "export-bot", "by alex", "rule default"]) expect(row).toContain(said);
  expect(await violationsOn(page)).toEqual([]);

  await kim.textbox("Name").fill("Exports");
  await kim.button("Save this filter").click();
  await page.getByText("Exports: saved.").waitFor();

  const download = page.waitForEvent("download");
  await kim.button("Export CSV").click();
  const csv = await readFile(await (await download).path(), "utf8");
  expect(csv.split("\r\n")).toHaveLength(4);
  expect(csv).toContain("Export customers to acme");
  expect(csv).toMatch(/,end,.*rows 1, leaves (\d+) of \1",/);

  await page.getByRole("link", { name: "Approved: Export customers to acme" }).click();
  await page.getByRole("heading", { name: "Approved: Export customers to acme" }).waitFor();
  const main = await page.locator("main").innerText();
  for (const said of ["approved", "alex", "default", "export-bot"]) expect(main).toContain(said);
  expect(await violationsOn(page)).toEqual([]);
  await page.getByText("The whole record").click();
  expect(await page.locator(".sheet").innerText()).toContain("client_data_json");
  await page.getByRole("link", { name: "Its place in the log, with the proof" }).click();
  await page.getByText("Proof that anybody can check").waitFor();

  await kim.open("/audit");
  await page.getByRole("link", { name: "Exports", exact: true }).click();
  await page.waitForURL(/audit\?q=export/);
  expect(await page.locator("#entries").getByRole("listitem").count()).toBe(1);
  expect([...kim.complaints, ...alex.complaints]).toEqual([]);
});

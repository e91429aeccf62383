/**
 * A bundle from end to end, in real Chromium and against the running service: a person approves what an agent asks for, an auditor fetches
 * the evidence, and checks it on the command line and in the browser.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyBundleCommand } from "#countersign/cli/verify/verify-bundle.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-evidence-"));
let service: Service;
let browser: Browser;
let alex: BrowserPerson;
let auditor: BrowserPerson;
let bundle: Buffer;

beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), enterChromium()]);
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.page.emulateMedia({ reducedMotion: "reduce" });
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("release-bot");
  await alex.button("Create agent").click();
  const line = await alex.page.getByText("claude mcp add").first().textContent();
  const key = /csk_[0-9A-Za-z]{36}/.exec(line ?? "")?.[0] ?? "";
  auditor = await BrowserPerson.at(browser, service.origin);
  await alex.confirm("sam", await auditor.join(await alex.invite("sam", ["Auditor"]), "sam", "Sam Okafor"));
  await auditor.signIn();
  const asked = await fetch(`${service.origin}/api/v1/approvals`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ action: "Deploy api to production", payload: { version: "4.2.0" }, wait_seconds: 0 }),
  });
  const { approval_url: url } = (await asked.json()) as { approval_url: string };
  await alex.openApproval(url);
  await alex.decide("Approve", "Approved");
  const answer = await auditor.page.request.get(`${service.origin}/api/v1/audit/export?format=bundle`);
  bundle = await answer.body();
  writeFileSync(join(folder, "evidence.zip"), bundle);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  rmSync(service?.stateDir ?? folder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

test("what the auditor fetched is checked on the command line", async () => {
  const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
  const { exitCode, stdout } = await runCommand(verifyBundleCommand, ["evidence.zip", "--vkey", vkey, "--origin", service.origin], folder);
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^Valid: nothing is missing between leaf 0 and leaf \d+ of /) as string]);
  expect(stdout).toMatch(/approved +Deploy api to production/);
  expect(stdout).toMatch(/approved by alex \(usr_[\w-]+\) at /);
  expect(stdout).toContain("0 withheld or erased");
});

test("and in the browser, on the service's own page, whose security policy lets the script in", async () => {
  await auditor.open("/verify");
  await auditor.page.getByLabel("Receipt file").setInputFiles({ name: "evidence.zip", mimeType: "application/zip", buffer: bundle });
  await auditor.button("Check receipt").click();
  await auditor.page.getByRole("status").getByText("Valid: nothing is missing").waitFor();
  expect(await auditor.page.locator("#conclusion").textContent()).toContain("Requests that ended: 1. With a receipt that is valid: 1.");
  expect(await violationsOn(auditor.page)).toEqual([]);
  expect(auditor.complaints).toEqual([]);
});

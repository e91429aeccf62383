/** Stopping an agent and everything on the pages of the running service, as an approver and as an admin, on a phone and by the keyboard. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { spawnCommandLine } from "#test/support/cli/command-line.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let sam: BrowserPerson;
let key = "";
let requestPath = "";
beforeAll(async () => {
  browser = await enterChromium();
  service = await startService();
  [alex, sam] = await Promise.all([BrowserPerson.at(browser, service.origin), BrowserPerson.at(browser, service.origin)]);
});
afterEach(() => {
  expect([alex, sam].flatMap(({ complaints }) => complaints.splice(0))).toEqual([]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true, force: true });
});

async function post(path: string, body: object): Promise<{ status: number; json: Record<string, string> }> {
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const answer = await fetch(`${service.origin}/api/v1/approvals${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, json: (await answer.json()) as Record<string, string> };
}
const ask = () => post("", { action: "Deploy api", payload: { to: "production" }, wait_seconds: 0, idempotency_key: crypto.randomUUID() });
const SHOTS = process.env["SCREENSHOTS"];
const look = async ({ page }: BrowserPerson, name: string): Promise<void> => {
  expect(await violationsOn(page)).toEqual([]);
  const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(scroll).toBeLessThanOrEqual(width ?? 0);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
};

it("an approver opens a request and stops its agent from there, by the keyboard", async () => {
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
  const link = await alex.invite("sam", ["Approver"]);
  const digits = await sam.join(link, "sam", "Sam Okafor");
  await alex.confirm("sam", digits);
  expect(await sam.signIn()).toBe(true);
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("release-bot");
  await alex.button("Create agent").click();
  await alex.page.getByRole("heading", { name: "Agent release-bot is ready" }).waitFor();
  key = (await alex.page.locator("#key").textContent()) ?? "";

  const asked = await ask();
  expect(asked.status).toBe(201);
  requestPath = new URL(asked.json["approval_url"] ?? "").pathname;
  await sam.open("/");
  await look(sam, "inbox");
  await sam.openApproval(asked.json["approval_url"] ?? "");
  await sam.page.getByRole("link", { name: "Stop this agent" }).click();
  await sam.page.getByRole("heading", { name: "This agent" }).waitFor();
  await look(sam, "stop-one");
  await sam.button("Stop this agent").focus();
  await sam.page.keyboard.press("Enter");
  await sam.page.getByRole("heading", { name: "Stop release-bot" }).waitFor();
  await look(sam, "stop-asks");
  await sam.button("Stop it now").focus();
  await sam.page.keyboard.press("Enter");
  await sam.page.getByText("Stopped since").waitFor();
  expect(await sam.page.locator("main").innerText()).toContain("by sam");
  expect(await sam.button("Release").count()).toBe(0);
  await look(sam, "stop-done");
  expect([(await ask()).status, (await ask()).json["code"]]).toEqual([403, "agent_stopped"]);
  await sam.page.goto(asked.json["approval_url"] ?? "");
  await sam.status("Cancelled");
});

it("an admin releases it, with a passkey", async () => {
  await alex.open("/admin/agents");
  await alex.page.getByText("Stopped since").waitFor();
  await look(alex, "agents-stopped");
  await alex.button("Release").click();
  await alex.button("Stop this agent").waitFor();
  expect((await ask()).status).toBe(201);
});

it("an admin changes its groups, with a passkey", async () => {
  await alex.button("Change groups").click();
  await alex.page.getByRole("heading", { name: "Groups of release-bot" }).waitFor();
  await look(alex, "groups");
  await alex.textbox("Groups").fill("staging, payments, staging");
  await alex.button("Sign change").click();
  await alex.page.getByText("in the groups payments, staging").waitFor();
  await alex.button("Change groups").click();
  expect(await alex.textbox("Groups").inputValue()).toBe("payments, staging");
  await alex.button("Keep").click();
});

it("an agent makes one below it: the card says who called whom, the pages show it below, and a stop above stops it", async () => {
  const asAgent = async (path: string, of: string, body: object) => {
    const headers = { "x-api-key": of, "content-type": "application/json" };
    const answer = await fetch(`${service.origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as Record<string, string> };
  };
  const delegations = "/api/v1/agents/self/delegations";
  const scout = await asAgent(delegations, key, { name: "scout", expires_in: 3_600, tools: ["files.read_file", "files.list"] });
  expect(scout.status).toBe(201);
  const deeper = await asAgent(delegations, scout.json["key"] ?? "", { name: "deep scout", expires_in: 600 });
  expect(deeper.status).toBe(201);
  const asking = () =>
    asAgent("/api/v1/approvals", deeper.json["key"] ?? "", {
      action: "Publish notes",
      payload: { to: "all" },
      wait_seconds: 0,
      idempotency_key: crypto.randomUUID(),
    });
  const asked = await asking();
  expect(asked.status).toBe(201);

  await sam.openApproval(asked.json["approval_url"] ?? "");
  await sam.page.getByText("Display verified", { exact: true }).waitFor();
  expect(await sam.page.locator("#request").innerText()).toContain("deep scout, called by release-bot › scout, agent of Alex Doe");
  await look(sam, "below-card");

  await alex.page.setViewportSize({ width: 1280, height: 900 });
  await alex.open("/admin/agents");
  const rows = alex.page.locator("#agent-list li");
  expect(await rows.locator(".what").allTextContents()).toEqual(["release-bot", "scout", "deep scout"]);
  expect(await rows.nth(2).innerText()).toContain("below release-bot › scout, until");
  expect(await rows.nth(1).innerText()).toContain("for files.list, files.read_file");
  await look(alex, "below-desktop");
  await alex.page.setViewportSize({ width: 390, height: 844 });
  await look(alex, "below-phone");
  await rows.nth(1).getByRole("button", { name: "Stop this agent" }).click();
  await alex.button("Stop it now").click();
  await rows.nth(2).getByText("Stopped with scout").waitFor();
  expect((await asking()).json["code"]).toBe("agent_stopped");
  expect((await ask()).status).toBe(201);
  await sam.page.goto(asked.json["approval_url"] ?? "");
  await sam.status("Cancelled");

  await sam.open(`/stop?agent=${scout.json["id"]}`);
  expect(await sam.page.locator("main li .what").allTextContents()).toEqual(["release-bot", "scout", "deep scout"]);
  await look(sam, "below-stop");
  await rows.nth(1).getByRole("button", { name: "Revoke" }).click();
  await alex.button("Revoke agent").click();
  await alex.page.getByText("Revoked just now").waitFor();
  await alex.open("/admin/agents");
  expect(await rows.locator(".what").allTextContents()).toEqual(["release-bot"]);
  expect((await asking()).status).toBe(401);
});

it("an admin stops everything: every page of everybody says so, until it is released", async () => {
  await alex.page.setViewportSize({ width: 1280, height: 900 });
  await alex.open("/admin/agents");
  await look(alex, "agents-desktop");
  await alex.button("Stop everything").click();
  await alex.button("Stop everything now").click();
  await alex.page.getByText("Everything is stopped").waitFor();
  await look(alex, "everything-desktop");
  expect((await ask()).json["code"]).toBe("agent_stopped");
  for (const path of ["/", "/account", "/stop", "/log", requestPath]) {
    await sam.open(path);
    await sam.page.getByText("Everything is stopped").waitFor();
  }
  await sam.open("/stop");
  expect(await sam.button("Stop everything").count()).toBe(0);
  await look(sam, "everything-phone");

  await alex.open("/stop");
  await alex.button("Release everything").click();
  await alex.button("Stop everything").waitFor();
  expect(await alex.page.getByText("Everything is stopped").count()).toBe(0);
  expect((await ask()).status).toBe(201);
});

it("an admin makes a stop token, with which the command line stops everything and can release nothing", async () => {
  await alex.page.setViewportSize({ width: 390, height: 844 });
  await alex.open("/account");
  await alex.button("Make a stop token").click();
  await alex.page.getByText("This is the only time it is shown.").waitFor();
  await look(alex, "stop-token");
  const token = (await alex.page.locator("#token").textContent()) ?? "";
  const environment = { COUNTERSIGN_URL: service.origin, COUNTERSIGN_STOP_TOKEN: token };
  const stopped = await spawnCommandLine(["stop", "--all"], tmpdir(), environment);
  expect(stopped).toEqual({ exitCode: 0, stdout: "Everything is stopped.\n", stderr: "" });
  expect((await ask()).json["code"]).toBe("agent_stopped");
  expect((await spawnCommandLine(["stop", "--release"], tmpdir(), environment)).exitCode).toBe(2);
  await alex.button("Revoke the stop token").click();
  await alex.button("Revoke stop token").click();
  await alex.page.getByRole("status").getByText("Stop token revoked.").waitFor();
  const refused = await spawnCommandLine(["stop", "--all"], tmpdir(), environment);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("(unauthorized)")]);
  expect(await alex.button("Make a stop token").count()).toBe(1);
});

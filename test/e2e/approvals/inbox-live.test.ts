/** Two people with their inboxes open: what opens, is signed and ends is on both pages at once, over their lines, without a reload. */
import { rmSync } from "node:fs";
import type { WebSocket } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { RestAgent } from "#test/support/rest-agent.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let alex: BrowserPerson;
let sam: BrowserPerson;
let agent: RestAgent;

/** Of each a page more, and its line. */
const [inboxes, lines]: [BrowserPerson[], WebSocket[]] = [[], []];

beforeAll(async () => {
  const [started, browser] = await Promise.all([startService(), enterChromium()]);
  service = started;
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("key-bot");
  await alex.button("Create agent").click();
  const line = await alex.page.getByText("claude mcp add").first().textContent();
  agent = new RestAgent(service.origin, /csk_[0-9A-Za-z]{36}/.exec(line ?? "")?.[0] ?? "");
  sam = await BrowserPerson.at(browser, service.origin);
  await alex.confirm("sam", await sam.join(await alex.invite("sam", ["Approver"]), "sam", "Sam Example"));
  expect(await sam.signIn()).toBe(true);
  for (const person of [alex, sam]) {
    const inbox = await BrowserPerson.at(browser, service.origin, person);
    const opened = inbox.page.waitForEvent("websocket");
    await inbox.open("/");
    lines.push(await opened);
    inboxes.push(inbox);
  }
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

/** What each line says next. */
const said = () => Promise.all(lines.map(async (line) => (await line.waitForEvent("framereceived")).payload));
const rowsOf = (name: string) => inboxes.map(({ page }) => page.locator(".requests").getByRole("link", { name, exact: true }));
const titles = () => Promise.all(inboxes.map(({ page }) => page.title()));

test("what opens is on both pages, what both have to sign moves on, and what ends goes, each told by the line", async () => {
  // In the background, where its title is all that is seen.
  await inboxes[1]?.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  const opened = said();
  const { view } = await agent.ask({ action: "Rotate the keys", payload: { key: "signing" }, approvers: { required: 2 } });
  expect(await opened).toEqual(["changed", "changed"]);
  await Promise.all(rowsOf("Rotate the keys").map((row) => row.waitFor()));
  await expect.poll(titles).toEqual(["(1) Requests – Countersign", "(1) Requests – Countersign"]);

  const signed = said();
  await alex.openApproval(view.approval_url);
  await alex.decide("Approve", "Signed, 1 of 2");
  expect(await signed).toEqual(["changed", "changed"]);
  await rowsOf("Rotate the keys")[0]?.waitFor({ state: "detached" });
  await expect.poll(titles).toEqual(["Requests – Countersign", "(1) Requests – Countersign"]);
  expect(await rowsOf("Rotate the keys")[1]?.count()).toBe(1);

  const ended = said();
  await sam.openApproval(view.approval_url);
  await sam.decide("Deny", "Denied");
  expect(await ended).toEqual(["changed", "changed"]);
  await rowsOf("Rotate the keys")[1]?.waitFor({ state: "detached" });
  await expect.poll(titles).toEqual(["Requests – Countersign", "Requests – Countersign"]);
});

test("a list that has ended requests grows while it is looked at, and is searched", async () => {
  const [inbox] = inboxes;
  if (inbox === undefined) throw new Error("there is no inbox");
  const { page } = inbox;
  const opened = page.waitForEvent("websocket");
  await page.getByRole("link", { name: "Decided" }).click();
  await opened;
  await page.getByRole("link", { name: "Rotate the keys" }).waitFor();
  const { view } = await agent.ask({ action: "Remove the old keys", payload: { key: "old" } });
  await expect.poll(() => page.getByRole("link", { name: "For you" }).getAttribute("data-count")).toBe("1");
  await agent.cancel(view.request_id, "Not needed");
  await page.getByRole("link", { name: "Remove the old keys" }).waitFor();
  expect(await page.title()).toBe("Requests – Countersign");

  await page.keyboard.press("/");
  await page.keyboard.type("ROTATE");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Rotate the keys" }).waitFor();
  expect(await page.getByRole("link", { name: "Remove the old keys" }).count()).toBe(0);
  expect(await violationsOn(page)).toEqual([]);
  await page.getByRole("link", { name: "Clear" }).click();
  await page.getByRole("heading", { name: "Waiting for you" }).waitFor();
});

test("a page whose person signed out elsewhere says so, and hears nothing more", async () => {
  const inbox = inboxes[1];
  if (inbox === undefined) throw new Error("there is no inbox");
  await sam.open("/account");
  await sam.button("Sign out").click();
  await sam.button("Sign in with passkey").waitFor();
  await agent.ask({ action: "Asked after that", payload: { key: "new" } });
  await inbox.page.getByRole("alert").getByText("you were signed out").waitFor();
  expect(await inbox.page.getByRole("link", { name: "Asked after that" }).count()).toBe(0);
  expect([alex, ...inboxes.slice(0, 1)].flatMap(({ complaints }) => complaints)).toEqual([]);
});

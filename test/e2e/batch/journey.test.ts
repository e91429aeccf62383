/** A hundred requests of two agents are decided on a phone by two gestures, in the running service; what cannot be among them is named, and what is next is led to. */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson, readThrough } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const POLICY = `type: countersign/policy@v1
rules:
  - { name: dangerous, effect: require_approval, risk: critical, match: { tool: [drop] } }
  - { name: asks, effect: require_approval, risk: medium }
`;

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let sam: BrowserPerson;
const keys: string[] = [];
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

const headers = (of: number) => ({ "x-api-key": keys[of] ?? "", "content-type": "application/json" });
async function ask(number: number, more: object = {}): Promise<string> {
  const body = {
    action: `Refund order ${number}`,
    payload: { order: number, amount: `${number}.00`, currency: "EUR" },
    tool: "refund",
    server: "shop",
    wait_seconds: 0,
    idempotency_key: crypto.randomUUID(),
    expires_in_seconds: 3_600 + number,
    ...more,
  };
  const init = { method: "POST", headers: headers(number % 2), body: JSON.stringify(body) };
  return ((await (await fetch(`${service.origin}/api/v1/approvals`, init)).json()) as { request_id: string }).request_id;
}
const statusOf = async (id: string, of: number): Promise<string> =>
  ((await (await fetch(`${service.origin}/api/v1/approvals/${id}`, { headers: headers(of) })).json()) as { status: string }).status;
const cancel = async (id: string, of: number): Promise<number> =>
  (await fetch(`${service.origin}/api/v1/approvals/${id}/cancel`, { method: "POST", headers: headers(of), body: "{}" })).status;

const pathOf = (ids: readonly string[]): string => `/batch?${ids.map((id) => `id=${id}`).join("&")}`;

/** How often sam's passkey has signed. */
const gestures = async (): Promise<number> => (await sam.authenticator.credentials()).reduce((sum, { signCount }) => sum + signCount, 0);

const SHOTS = process.env["SCREENSHOTS"];
const look = async ({ page }: BrowserPerson, name: string): Promise<void> => {
  expect(await violationsOn(page)).toEqual([]);
  const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(scroll).toBeLessThanOrEqual(width ?? 0);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}.png` });
};

/** Opens the page, and reads all that it shows. */
async function openAndRead(person: BrowserPerson, ids: readonly string[]): Promise<void> {
  await person.open(pathOf(ids));
  await expect.poll(() => person.page.getByText("Display verified").count()).toBe(ids.length);
  await readThrough(person.page);
}

it("a hundred mixed requests are decided by two gestures", async () => {
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
  const link = await alex.invite("sam", ["Approver"]);
  const digits = await sam.join(link, "sam", "Sam Okafor");
  await alex.confirm("sam", digits);
  expect(await sam.signIn()).toBe(true);
  for (const name of ["refund-bot", "shop-bot"]) {
    await alex.open("/admin/agents");
    await alex.textbox("Name").fill(name);
    await alex.button("Create agent").click();
    await alex.page.getByRole("heading", { name: `Agent ${name} is ready` }).waitFor();
    keys.push((await alex.page.locator("#key").textContent()) ?? "");
  }
  await alex.open("/admin/policy");
  await alex.page.locator(".cm-content").waitFor();
  await alex.page.locator(".cm-content").fill(POLICY);
  await alex.button("Publish policy").click();
  await alex.page.getByText("Version 1 is in force").first().waitFor();

  const asked: string[] = [];
  for (let number = 0; number < 100; number++) asked.push(await ask(number));
  const before = await gestures();
  for (const ids of [asked.slice(0, 50), asked.slice(50)]) {
    await openAndRead(sam, ids);
    if (ids[0] === asked[0]) await look(sam, "batch");
    const approve = sam.button("Sign 50 approvals with passkey");
    await expect.poll(() => approve.isEnabled()).toBe(true);
    await approve.click();
    await sam.page.getByText("50 of 50 approvals recorded.").waitFor();
  }
  await look(sam, "batch-decided");
  expect((await gestures()) - before).toBe(2);
  for (const [number, id] of asked.entries()) await expect.poll(() => statusOf(id, number % 2)).toBe("approved");
  await sam.page.getByRole("link", { name: "Back to the requests" }).waitFor();
});

it("approving waits until each was seen, what is left out goes on waiting, and the way on leads to it", async () => {
  const long = { text: Array.from({ length: 200 }, (_, line) => `line ${line}`).join("\n") };
  const [first, second, third, critical] = [
    await ask(100),
    await ask(102, { payload: long }),
    await ask(104),
    await ask(106, { tool: "drop" }),
  ];
  await sam.open(pathOf([first, second, third, critical]));
  await sam.page.getByRole("heading", { name: "Not among them" }).waitFor();
  await sam.page.getByText("Its risk is critical: it is decided by itself.").waitFor();
  await expect.poll(() => sam.button("Sign 3 denials with passkey").isEnabled()).toBe(true);
  expect(await sam.button("Sign 3 approvals with passkey").isEnabled()).toBe(false);
  await readThrough(sam.page);
  await expect.poll(() => sam.button("Sign 3 approvals with passkey").isEnabled()).toBe(true);
  await sam.page.getByRole("article").nth(1).getByRole("button", { name: "Leave out" }).click();
  await sam.page.getByText("You leave it out: it goes on waiting.").waitFor();
  await look(sam, "batch-left-out");
  // What was left out, and what was written, is there again after a reload.
  await sam.textbox("Comment").fill("As agreed.");
  await sam.page.reload();
  await sam.page.getByText("You leave it out: it goes on waiting.").waitFor();
  expect(await sam.textbox("Comment").inputValue()).toBe("As agreed.");
  await readThrough(sam.page);
  await expect.poll(() => sam.button("Sign 2 approvals with passkey").isEnabled()).toBe(true);
  await sam.button("Sign 2 approvals with passkey").click();
  await sam.page.getByText("2 of 2 approvals recorded.").waitFor();
  expect(await statusOf(second, 0)).toBe("pending");
  const next = sam.page.getByRole("link", { name: /^Next: / });
  await next.waitFor();
  // By deadline: the critical one was asked for last.
  expect(await next.getAttribute("href")).toBe(`/a/${second}`);
  expect(await cancel(second, 0)).toBe(200);
  expect(await cancel(critical, 0)).toBe(200);
});

it("what ends while the page is open is taken out and named, and the rest is signed", async () => {
  const [first, second, third] = [await ask(200), await ask(202), await ask(204)];
  await openAndRead(sam, [first, second, third]);
  await expect.poll(() => sam.button("Sign 3 approvals with passkey").isEnabled()).toBe(true);
  expect(await cancel(second, 0)).toBe(200);
  await sam.button("Sign 2 approvals with passkey").waitFor();
  await sam.page.getByText("It was cancelled meanwhile. It is not among what you sign.").waitFor();
  await sam.button("Sign 2 approvals with passkey").click();
  await sam.page.getByText("2 of 2 approvals recorded.").waitFor();
});

it("two requests stand beside each other, what differs marked", async () => {
  const [first, second] = [await ask(300), await ask(302)];
  await sam.open(pathOf([first, second]));
  const link = sam.page.getByRole("link", { name: "Compare with the one before" });
  expect(await link.getAttribute("href")).toBe(`/compare?a=${first}&b=${second}`);
  await sam.open(`/compare?a=${first}&b=${second}`);
  await sam.page.getByRole("heading", { name: "Two requests" }).waitFor();
  expect(await sam.page.locator("ins").allTextContents()).toContain("302");
  await look(sam, "compare-phone");
  await sam.page.setViewportSize({ width: 1440, height: 900 });
  await look(sam, "compare-desktop");
  await sam.page.setViewportSize({ width: 390, height: 844 });
});

it("a page that shows something else than would be signed signs nothing", async () => {
  const [first, second] = [await ask(400), await ask(402)];
  await openAndRead(sam, [first, second]);
  await sam.page.evaluate(() => {
    const amount = [...document.querySelectorAll("#r2-payload .text")].find(({ textContent }) => textContent === "402.00");
    if (amount !== undefined) amount.textContent = "4.02";
  });
  await sam.page.getByText("This page does not show exactly what would be signed.").waitFor();
  expect(await sam.page.locator("#approve").count()).toBe(0);
  expect([await statusOf(first, 0), await statusOf(second, 0)]).toEqual(["pending", "pending"]);
});

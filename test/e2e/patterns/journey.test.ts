/** Denying all that is alike, on a phone and with one passkey prompt, in the running service: what becomes of it, and lifting what is refused. */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const POLICY = "type: countersign/policy@v1\nrules:\n  - { name: asks, effect: require_approval, risk: medium }\n";

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let sam: BrowserPerson;
let key = "";
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

interface Asked {
  request_id: string;
  approval_url: string;
  status: string;
  code?: string;
  detail?: string;
}
const headers = () => ({ "x-api-key": key, "content-type": "application/json" });
async function ask(payload: object, action = "Query the orders"): Promise<Asked> {
  const body = { action, payload, tool: "query", server: "pg", wait_seconds: 0, idempotency_key: crypto.randomUUID() };
  const answer = await fetch(`${service.origin}/api/v1/approvals`, { method: "POST", headers: headers(), body: JSON.stringify(body) });
  return (await answer.json()) as Asked;
}
const statusOf = async (id: string): Promise<string> =>
  ((await (await fetch(`${service.origin}/api/v1/approvals/${id}`, { headers: headers() })).json()) as Asked).status;

const SHOTS = process.env["SCREENSHOTS"];
const look = async ({ page }: BrowserPerson, name: string): Promise<void> => {
  expect(await violationsOn(page)).toEqual([]);
  const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(scroll).toBeLessThanOrEqual(width ?? 0);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
};

const SAME = { sql: "SELECT * FROM orders" };
let asked: Asked[] = [];

it("an approver comes from one request's card, and denies all with these arguments by one prompt", async () => {
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
  const old = await ask({ sql: "before there was a policy" });

  await alex.open("/admin/policy");
  await alex.page.locator(".cm-content").waitFor();
  await alex.page.locator(".cm-content").fill(POLICY);
  await alex.button("Publish policy").click();
  await alex.page.getByText("Version 1 is in force").first().waitFor();

  asked = [await ask(SAME), await ask(SAME), await ask({ sql: "DELETE FROM orders" }), await ask(SAME, "Worded otherwise")];
  await sam.openApproval(asked[0]?.approval_url ?? "");
  await look(sam, "card");
  await sam.button("Deny all like this").click();
  await sam.page.getByRole("heading", { name: "Deny all like this", level: 1 }).waitFor();
  await sam.button("Deny 3 requests with passkey").waitFor();
  expect(await sam.page.getByRole("link", { name: "Query the orders" }).first().getAttribute("href")).toBe(
    `/a/${asked[0]?.request_id ?? ""}`,
  );
  await sam.page.getByRole("heading", { name: "To be denied each by itself" }).waitFor();
  expect(await sam.page.locator("main").innerText()).toContain("pg.query");
  await look(sam, "alike");

  await sam.page.getByRole("combobox", { name: "Refuse equal asks and calls for" }).selectOption({ label: "4 hours" });
  await sam.textbox("Comment").fill("Not on the production database.");
  await sam.button("Deny 3 requests with passkey").click();
  await sam.page.getByRole("heading", { name: "What became of them" }).waitFor();
  await sam.page.getByText("Equal asks and calls are refused from now on, everywhere.").waitFor();
  await look(sam, "denied");
  expect(await sam.page.locator("#outcomes [data-denied=yes]").count()).toBe(3);
  const statuses = await Promise.all(asked.map(({ request_id: id }) => statusOf(id)));
  expect(statuses).toEqual(["denied", "denied", "pending", "denied"]);
  expect(await statusOf(old.request_id)).toBe("pending");
});

it("what is like it is refused with the comment, and what is not is asked as ever", async () => {
  const refused = await ask(SAME, "Once more");
  expect(refused.code).toBe("denied_pattern");
  expect(refused.detail).toContain("Not on the production database.");
  expect((await ask({ sql: "SELECT 1" })).status).toBe("pending");
});

it("the whole tool is denied by choosing it, and what has ended meanwhile is told", async () => {
  const [third] = [asked[2] as Asked];
  await sam.open(`/a/${third.request_id}/alike`);
  await sam.page.getByRole("radio", { name: "This tool, whatever the arguments" }).check();
  await sam.button("Deny 2 requests with passkey").waitFor();
  await sam.page.getByRole("combobox", { name: "Refuse equal asks and calls for" }).selectOption({ label: "Refuse nothing more" });
  const cancel = { method: "POST", headers: headers(), body: "{}" };
  expect((await fetch(`${service.origin}/api/v1/approvals/${third.request_id}/cancel`, cancel)).status).toBe(200);
  await sam.button("Deny 2 requests with passkey").click();
  await sam.page.getByRole("heading", { name: "What became of them" }).waitFor();
  expect(await sam.page.locator("#outcomes [data-denied=yes]").count()).toBe(1);
  await sam.page.getByText("It had ended, or was not yours to deny.").waitFor();
  await look(sam, "one-had-ended");
});

it("an admin sees what is refused on the page of agents, and lifts it", async () => {
  await alex.page.setViewportSize({ width: 1280, height: 900 });
  await alex.open("/admin/agents");
  await alex.page.getByRole("heading", { name: "Refused without asking" }).waitFor();
  await look(alex, "agents-patterns");
  await alex.button("Lift").click();
  await alex.page.getByText("Lifted just now").waitFor();
  await expect.poll(async () => (await ask(SAME)).status).toBe("pending");
});

it("a page that shows something else than would be signed signs nothing", async () => {
  const { request_id: id } = await ask(SAME);
  await sam.open(`/a/${id}/alike`);
  await sam.page.evaluate((which) => {
    const link = document.querySelector(`[id="alike-${which}"] .what`);
    if (link !== null) link.textContent = "Something harmless";
  }, id);
  await sam.page.locator("#sign").click();
  await sam.page.getByText("This page does not show what would be signed.").waitFor();
  expect(await statusOf(id)).toBe("pending");
});

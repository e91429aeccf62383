/** The console's pages in a browser: found by the navigation, without a script of their own, on a phone, on paper and in forced colours. */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { RestAgent } from "#test/support/rest-agent.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
beforeAll(async () => {
  browser = await enterChromium();
  service = await startService();
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
});
afterEach(() => {
  expect(alex.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true, force: true });
});

const link = (name: string) => alex.page.getByRole("link", { name, exact: true });
const heading = (name: string) => alex.page.getByRole("heading", { name, exact: true });
const isNarrow = async (): Promise<boolean> =>
  await alex.page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

it("leads to overview and settings from every page, and says that there is nothing yet", async () => {
  await alex.open("/");
  await link("Overview").click();
  await heading("Overview").waitFor();
  expect(await link("Overview").getAttribute("aria-current")).toBe("page");
  await alex.page.getByText("Nothing yet. When an agent asks for its first approval, it appears here.").waitFor();
  expect(await violationsOn(alex.page)).toEqual([]);
  await link("90 days").click();
  await alex.page.waitForURL("**/admin?days=90");
  await link("Settings").click();
  await heading("Settings").waitFor();
  await alex.page.getByText("Set WITNESS_POLICY to a C2SP tlog-policy", { exact: false }).waitFor();
  expect(await violationsOn(alex.page)).toEqual([]);
});

it("every link of the navigation can be hit on a phone, and none is in another's way", async () => {
  await alex.page.setViewportSize({ width: 390, height: 844 });
  await alex.open("/admin");
  expect(await isNarrow()).toBe(true);
  const boxes = await Promise.all(
    (await alex.page.getByRole("navigation", { name: "Main" }).locator("a, button").all()).map((one) => one.boundingBox()),
  );
  expect(boxes.length).toBeGreaterThanOrEqual(11);
  for (const [n, box] of boxes.entries()) {
    if (box === null) throw new Error("a link that is not there");
    expect([box.x >= 0, box.x + box.width <= 390, box.height >= 24]).toEqual([true, true, true]);
    for (const other of boxes.slice(n + 1)) {
      if (other === null) continue;
      const isApart =
        other.x >= box.x + box.width - 0.5 ||
        box.x >= other.x + other.width - 0.5 ||
        other.y >= box.y + box.height - 0.5 ||
        box.y >= other.y + other.height - 0.5;
      expect(isApart).toBe(true);
    }
  }
  await alex.page.setViewportSize({ width: 1280, height: 800 });
});

it("draws what was decided once the cron has counted it, with the numbers behind each plot; also on paper and in forced colours", async () => {
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("release-bot");
  await alex.button("Create agent").click();
  await heading("Agent release-bot is ready").waitFor();
  const agent = new RestAgent(service.origin, (await alex.page.locator("#key").textContent()) ?? "");
  const asked = await agent.ask({ action: "Deploy api", payload: { to: "production" }, wait_seconds: 0, idempotency_key: "console" });
  await agent.cancel(asked.view.request_id, "Not needed");
  const table = alex.page.getByText("How requests ended, as a table");
  await expect
    .poll(
      async () => {
        await alex.open("/admin?days=7");
        return await table.isVisible();
      },
      { timeout: 150_000, interval: 2_000 },
    )
    .toBe(true);
  await table.click();
  const region = alex.page.getByRole("region", { name: "How requests ended, as a table" });
  expect(await region.getByRole("row").count()).toBe(8);
  expect((await region.getByRole("row").last().textContent())?.endsWith("00001")).toBe(true);
  const bar = alex.page.locator("section:has(#ends) .plot svg rect").first();
  const seen = async () =>
    await bar.evaluate((rect) => [getComputedStyle(rect).fill, getComputedStyle(document.documentElement).backgroundColor]);
  await alex.page.emulateMedia({ forcedColors: "active" });
  const [fill, paper] = await seen();
  expect(fill).not.toBe(paper);
  await alex.page.emulateMedia({ forcedColors: "none", media: "print" });
  const [ink, sheet] = await seen();
  expect(ink).not.toBe(sheet);
  await alex.page.getByRole("region", { name: "By agent, as a table" }).waitFor();
  await alex.page.emulateMedia({ media: "screen" });
});

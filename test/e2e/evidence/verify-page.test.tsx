/** An evidence bundle on `/verify` in a real browser: checked there, shown in words, and nothing sent. */
import type { Browser, Page } from "playwright-core";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VerifyPage } from "#pages/log/verify-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";
import { makeWorld, ORIGIN, type World } from "#test/support/documents/sealed-receipt.ts";
import { LoggedEvidence, type MadeFiles } from "#test/support/evidence/logged-evidence.ts";

let browser: Browser;
let page: Page;
let world: World;
let made: MadeFiles;
beforeAll(async () => {
  [browser, world] = await Promise.all([enterChromium(), makeWorld()]);
  const logged = LoggedEvidence.begun(world);
  for (let nth = 0; nth < 3; nth += 1) await logged.decided(nth);
  logged.erase(logged.size - 1);
  made = await logged.bundle();
  page = await browser.newPage();
});
afterAll(leaveChromium);

async function check(files: MadeFiles): Promise<string | null> {
  await openPage(page, "/verify", <VerifyPage origin={ORIGIN} vkey={world.trust.vkey} />);
  const buffer = Buffer.from(zipSync(Object.fromEntries(files)));
  await page.getByLabel("Receipt file").setInputFiles({ name: "evidence-0-12.zip", mimeType: "application/zip", buffer });
  await page.getByRole("button", { name: "Check receipt" }).click();
  await page.getByRole("status").getByText(/valid/i).waitFor();
  return page.getByRole("status").textContent();
}

const conclusion = () => page.locator("#conclusion").textContent();

test("a bundle that is valid says that nothing is missing, who decided, and what it rests on", async () => {
  expect(await check(made)).toBe("Valid: nothing is missing");
  const said = (await conclusion()) ?? "";
  expect(said).toContain("All leaves of the log gate.example.com/log from 0 up to, but not including, 12 are in it");
  expect(said).toContain("With their records: 11. Withheld or erased: 1.");
  expect(said).toContain("Requests that ended: 3. With a receipt that is valid: 2. With one that cannot be made any more: 1.");
  expect(said).toContain("Whose passkeys these are rests on this operator’s word");
  const receipts = (await page.locator("[data-check=receipt_invalid]").textContent()) ?? "";
  expect(receipts).toContain("Deploy api to production");
  expect(receipts).toMatch(/approved by blair/);
  expect(await page.locator("[data-check]").evaluateAll((shown) => shown.map((one) => one.dataset["state"]))).toEqual(
    Array(6).fill("holds"),
  );
  for (const summary of await page.locator("summary").all()) await summary.click();
  expect(await violationsOn(page)).toEqual([]);
});

test("one in which a line was changed says in which file", async () => {
  const entries = new TextDecoder().decode(made.get("entries.ndjson")).replace('"username":"blair"', '"username":"clair"');
  expect(await check(new Map([...made, ["entries.ndjson", new TextEncoder().encode(entries)]]))).toBe("Not valid");
  expect(await conclusion()).toContain("In the file entries.ndjson:");
  expect(await page.locator("[data-check]").evaluateAll((shown) => shown.map((one) => one.dataset["state"]))).toEqual(["failed"]);
  expect(await violationsOn(page)).toEqual([]);
});

test("what is no zip is no bundle, and a receipt is checked as ever after it", async () => {
  await page
    .getByLabel("Receipt file")
    .setInputFiles({ name: "x.zip", mimeType: "application/zip", buffer: Buffer.from("PK, but no more") });
  await page.getByRole("button", { name: "Check receipt" }).click();
  await page.getByRole("status").getByText("Not valid").waitFor();
  expect(await conclusion()).toContain("It is not a zip file, or cut off.");
});

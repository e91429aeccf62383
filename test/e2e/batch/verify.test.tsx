/** `/verify` finds what is changed in the batch of an approval, in a real browser. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VerifyPage } from "#pages/log/verify-page.tsx";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";
import { BATCH_CHANGES, withBatchChanged } from "#test/support/documents/batch-changes.ts";
import { makePolicyReceipt } from "#test/support/documents/policy-receipt.ts";
import { makeWorld, ORIGIN, type World } from "#test/support/documents/sealed-receipt.ts";

let browser: Browser;
let page: Page;
let world: World;
let receipt: string;
beforeAll(async () => {
  [browser, world] = await Promise.all([enterChromium(), makeWorld()]);
  const made = { status: "approved", decisions: [{ by: "alex", verdict: "approved", batched: true }] } as const;
  ({ text: receipt } = await makePolicyReceipt(world, { ...made, decisions: [...made.decisions] }));
  page = await browser.newPage();
});
afterAll(leaveChromium);

/** What the page says of it. */
async function said(text: string): Promise<string> {
  await openPage(page, "/verify", <VerifyPage origin={ORIGIN} vkey={world.trust.vkey} />);
  await page.getByRole("textbox", { name: "Receipt", exact: true }).fill(text);
  await page.getByRole("button", { name: "Check receipt" }).click();
  const status = page.getByRole("status");
  await status.getByText(/valid/i).waitFor();
  return (await status.textContent()) ?? "";
}

test("a receipt of an approval under a batch is valid", async () => {
  expect(await said(receipt)).toMatch(/^Valid/);
});

test.each(BATCH_CHANGES)("and is not with %s", async (change) => {
  expect(await said(withBatchChanged(receipt, change))).toMatch(/not valid|invalid/i);
});

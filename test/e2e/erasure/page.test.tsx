/** The page on which somebody is erased, in a real browser: it signs for just whom it shows, once it has asked again. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { ErasurePage } from "#pages/erasure/erasure-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Asked, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";
import { ALEX, PASSKEY_ID } from "#test/support/documents/approval-data.ts";

const ADMIN = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true };
const SAM = { id: "usr_sam", username: "sam", display_name: "Sam \u202e<b>Okafor</b>" };

let browser: Browser;
let page: Page;
let sent: { path: string; body: unknown }[] = [];
beforeAll(async () => {
  browser = await enterChromium();
  page = await (await browser.newContext()).newPage();
  await withPasskey(page);
});
beforeEach(() => {
  sent = [];
});
afterAll(leaveChromium);

const statementFor = (id: string): AdminStatement => ({
  type: "countersign/admin@v1",
  origin: ORIGIN,
  operation: "person.erased",
  parameters: { person: { id } },
  admin: ALEX.id,
  nonce: b64u(new Uint8Array(32).fill(3)),
});

async function open(statement: AdminStatement, answer: { status?: number; json: unknown }, isIdle = true): Promise<void> {
  const credentials = { credentials: [{ id: PASSKEY_ID, transports: ["internal"] }], rp_id: "localhost" };
  await openPage(
    page,
    "/admin/erasure/usr_sam",
    <ErasurePage person={ADMIN} about={SAM} isIdle={isIdle} />,
    (path: string, request: Asked) => {
      sent.push({ path, body: request.postDataJSON() });
      return path === "/admin/people/erasure/statement" ? { json: { statement, ...credentials } } : answer;
    },
  );
}

const press = async (name: string) => page.getByRole("button", { name, exact: true }).click();

test("says what goes and what stays, asks again, and signs for just this person", async () => {
  await open(statementFor(SAM.id), { json: { erased: true } });
  await page.getByText("Their id and public keys stay").waitFor();
  expect(await violationsOn(page)).toEqual([]);
  await press("Erase this person");
  await page.getByRole("heading", { name: "Erase sam for ever" }).waitFor();
  expect(sent).toEqual([]);
  expect(await violationsOn(page)).toEqual([]);
  await press("Sign erasure");
  await page.getByRole("status").getByText("Erased.").waitFor();
  expect(sent.map(({ path }) => path)).toEqual(["/admin/people/erasure/statement", "/api/v1/people/usr_sam/erasure"]);
  expect(sent[0]?.body).toEqual({ person: SAM.id });
  expect(sent[1]?.body).toMatchObject({ authorisation: [{ statement: statementFor(SAM.id) }] });
  expect(await page.getByRole("button", { name: "Erase this person" }).isVisible()).toBe(false);
});

test("signs nothing that is for somebody else, or for something else", async () => {
  for (const drafted of [statementFor("usr_kim"), { ...statementFor(SAM.id), operation: "role.changed" }]) {
    await open(drafted, { json: { erased: true } });
    await press("Erase this person");
    await press("Sign erasure");
    await page.getByRole("dialog").getByText("Nothing was signed:").waitFor();
    expect(sent.map(({ path }) => path)).toEqual(["/admin/people/erasure/statement"]);
    sent = [];
  }
});

test("says how many have signed, where two have to", async () => {
  await open(statementFor(SAM.id), { status: 202, json: { signatures: 1, required: 2 } });
  await press("Erase this person");
  await press("Sign erasure");
  await page.getByRole("status").getByText("1 of 2 admins have signed.").waitFor();
  expect(await page.getByRole("button", { name: "Erase this person" }).isVisible()).toBe(true);
});

test("has no button for who can do something here still", async () => {
  await open(statementFor(SAM.id), { json: {} }, false);
  await page.getByText("They can do something here still").waitFor();
  expect(await page.getByRole("button", { name: "Erase this person" }).count()).toBe(0);
  expect(await violationsOn(page)).toEqual([]);
});

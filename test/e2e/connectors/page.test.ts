/** The page of connectors, on a phone and on a desk: one is made with a passkey, its key shown once; it says who is connected, and revokes it. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { lookAt } from "#test/support/browser/look-at.ts";
import { Connecting } from "#test/support/connectors/connecting.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const CHILD = fileURLToPath(new URL("../../support/connectors/counting-child.mjs", import.meta.url));

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

const look = (name: string): Promise<void> => lookAt(alex.page, name);

it("makes a connector, says who is connected, and revokes it", async () => {
  const { page } = alex;
  await page.goto(`${service.origin}/admin/servers`);
  await page.getByRole("link", { name: "Connectors" }).click();
  // Its script is there once it is loaded.
  await page.waitForURL("**/admin/connectors");
  await page.getByText("No connector yet.").waitFor();
  await page.getByRole("button", { name: "Create connector" }).click();
  await page.getByText("Enter a name.").first().waitFor();
  await look("connectors-none");
  await page.getByRole("textbox", { name: "Name" }).fill("La ptop");
  await page.getByRole("textbox", { name: "Server" }).fill("files");
  await page.getByRole("button", { name: "Create connector" }).click();
  await page.getByText("begins with a letter from a to z").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("laptop");
  await page.getByRole("button", { name: "Create connector" }).click();
  await page.getByRole("heading", { name: "Connector laptop is ready" }).waitFor();
  const text = (id: string) => page.locator(`#${id}`).textContent();
  const [key, address, command] = [await text("key"), await text("address"), await text("command")];
  expect(key).toMatch(/^csc_[0-9A-Za-z]{36}$/);
  expect(address).toMatch(/^connector:con_/);
  expect(command).not.toContain(key ?? "");
  await look("connectors-made");

  await page.reload();
  await page.getByText("not connected").waitFor();
  expect(await page.content()).not.toContain(key ?? "");
  const line = await Connecting.start({
    name: "laptop",
    origin: service.origin,
    key: key ?? "",
    command: [process.execPath, CHILD, join(tmpdir(), "countersign-page")],
    admin: { get: (path) => page.request.get(`${service.origin}${path}`) },
  });
  await page.reload();
  await page.getByText("connected since").waitFor();
  await look("connectors-connected");

  await page.goto(`${service.origin}/admin/servers`);
  await page.getByRole("textbox", { name: "Name" }).fill("files");
  await page.getByRole("textbox", { name: "Address" }).fill(address ?? "");
  await page.getByRole("button", { name: "Add server" }).click();
  await page.getByRole("heading", { name: "Tools of files" }).waitFor();
  await page.getByText("0 of 1 tools may be called.").waitFor();

  await page.goto(`${service.origin}/admin/connectors`);
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke connector" }).click();
  await page.getByText("Revoked just now").waitFor();
  expect(await line.exit).toBe(1);
  await page.reload();
  await look("connectors-revoked");
});

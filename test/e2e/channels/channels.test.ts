/** A channel from the page of admins to a receiver on this machine and back: added with a passkey, tested, told, and removed. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { lookAt } from "#test/support/browser/look-at.ts";
import { type Service, startService } from "#test/support/service/service.ts";

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let receiver: Server;
let address = "";
const received: Received[] = [];
let answers = 204;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answers).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  address = `http://localhost:${(receiver.address() as AddressInfo).port}/in`;
  browser = await enterChromium();
  service = await startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } });
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
});
afterEach(() => {
  expect(alex.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  receiver?.close();
  if (service) rmSync(service.stateDir, { recursive: true, force: true });
});

const look = (name: string): Promise<void> => lookAt(alex.page, name);

let secret = "";

it("an admin adds a webhook, signed with a passkey over what the page shows, and is shown its secret once", async () => {
  await alex.open("/admin/channels");
  await look("channels-empty");
  await alex.textbox("Name").fill("ops pager");
  await alex.textbox("Address").fill("http://10.0.0.1/in");
  await alex.button("Add channel").click();
  await alex.page.locator("#webhook-url-error:not([hidden])").waitFor();
  await look("channels-refused");

  await alex.textbox("Address").fill(address);
  await alex.textbox("Events").fill("channel.*, approval.*");
  await alex.button("Add channel").click();
  await alex.page.getByRole("heading", { name: "ops pager is signed for" }).waitFor();
  secret = (await alex.page.locator("#made-key").textContent()) ?? "";
  expect(secret).toMatch(/^whsec_/);
  await look("channels-made");
  await alex.page.getByRole("link", { name: "Show it, and send a test" }).click();
  await alex.page.getByText("Not tested yet").waitFor();
  expect(await alex.page.content()).not.toContain(secret);
  await look("channels-unverified");
});

it("the page signs nothing but what it shows, whatever the service asks for", async () => {
  type Draft = { statement: { parameters: { channel: Record<string, unknown> } }; settings: Record<string, unknown> };
  const lies: [string, (draft: Draft) => void][] = [
    ["another address, by its hash", ({ statement }) => void (statement.parameters.channel["settings_hash"] = "0".repeat(64))],
    ["another address, as it is", ({ settings }) => void (settings["url"] = "https://evil.example.com/in")],
    ["more events", ({ settings }) => void (settings["events"] = ["*"])],
    ["another origin", ({ statement }) => void (statement.parameters.channel["origin"] = "https://evil.example.com")],
    ["another name", ({ statement }) => void (statement.parameters.channel["name"] = "ops page")],
    ["another kind", ({ statement }) => void (statement.parameters.channel["kind"] = "slack")],
  ];
  let sent = 0;
  await alex.page.route("**/api/v1/channels", (route) => {
    sent += 1;
    return route.abort();
  });
  for (const [lie, tell] of lies) {
    await alex.page.route("**/admin/channels/statement", async (route) => {
      const answer = await route.fetch();
      const draft = (await answer.json()) as Draft;
      tell(draft);
      await route.fulfill({ response: answer, json: draft });
    });
    await alex.textbox("Name").fill("ops pages");
    await alex.textbox("Address").fill(address);
    await alex.textbox("Events").fill("approval.*");
    await alex.button("Add channel").click();
    await alex.page.getByText("Nothing was signed: the service asked").waitFor();
    await alex.page.unroute("**/admin/channels/statement");
    expect([lie, sent]).toEqual([lie, 0]);
  }
  await alex.page.unroute("**/api/v1/channels");
  await alex.open("/admin/channels");
});

it("a test that is not accepted leaves it as it is; one that is makes it active, and arrives signed", async () => {
  answers = 500;
  await alex.button("Send a test").click();
  await alex.page.getByText("The test was not accepted: HTTP 500").waitFor();
  await look("channels-test-refused");
  answers = 204;
  received.length = 0;
  await alex.button("Send a test").click();
  await alex.page.getByText("The test was accepted, and the channel is active.").waitFor();
  const test = received.find(({ body }) => body.includes("channel.test"));
  expect(new Webhook(secret).verify(test?.body ?? "", test?.headers as Record<string, string>)).toMatchObject({ type: "channel.test" });
  await look("channels-active");
});

it("a message is sent again from its row, and all of them from a moment on", async () => {
  const sent = () => received.filter(({ body }) => body.includes("channel.test")).length;
  const before = sent();
  await alex.page.locator("tr.sent", { hasText: "channel.test" }).getByRole("button", { name: "Send again" }).first().click();
  await alex.page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
  await alex.page.getByText("The message is sent again.").waitFor();
  await expect.poll(sent, { timeout: 20_000 }).toBeGreaterThan(before);
  await alex.button("Replay from").click();
  await alex.textbox("Replay from").fill("2026-01-01T00:00");
  await look("channels-replay");
  await alex.page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
  await alex.page.getByText(/messages are sent again/).waitFor();
});

it("is changed and its key rotated, each signed with a passkey, and it stays active", async () => {
  await alex.button("Change").click();
  await alex.textbox("Name").fill("ops hooks");
  await look("channels-change");
  await alex.button("Sign change").click();
  await alex.page.getByRole("heading", { name: "ops hooks", exact: true }).waitFor();
  await alex.button("Rotate key").click();
  await look("channels-rotate");
  await alex.button("Sign new key").click();
  await alex.page.getByRole("heading", { name: "ops hooks is signed for" }).waitFor();
  const rotated = (await alex.page.locator("#made-key").textContent()) ?? "";
  expect(rotated).not.toBe(secret);
  await alex.open("/admin/channels");
  received.length = 0;
  await alex.button("Send a test").click();
  await alex.page.getByText("The test was accepted").waitFor();
  const test = received.find(({ body }) => body.includes("channel.test"));
  for (const one of [secret, rotated]) new Webhook(one).verify(test?.body ?? "", test?.headers as Record<string, string>);
});

it("is removed, and its card is gone", async () => {
  await alex.button("Remove").click();
  await look("channels-remove");
  await alex.button("Remove channel").click();
  await alex.page.getByText("No channel yet.").waitFor();
  await look("channels-removed");
  expect(await alex.page.locator("[data-channel]").count()).toBe(0);
});

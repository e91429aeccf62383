/**
 * Servers that are called as somebody, in real Chromium, against an SDK server behind an OpenID provider that others wrote: an admin adds one
 * by what its issuer says, goes there and back, signs, and agents call it as whom the admin signed in as; and one where each owner is asked.
 */
import { rmSync } from "node:fs";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { lookAt } from "#test/support/browser/look-at.ts";
import { type OauthServer, startOauthServer } from "#test/support/servers/oauth/oauth-server.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const ALL_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

let service: Service;
let browser: Browser;
let notes: OauthServer;
let alex: BrowserPerson;
let client: Client;

beforeAll(async () => {
  [service, notes, browser] = await Promise.all([
    startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }),
    startOauthServer(),
    enterChromium(),
  ]);
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
});
afterEach(() => {
  // The issuer's own pages want a font of somebody else's.
  const complaints = alex.complaints.splice(0).filter((text) => !text.includes("ERR_NAME_NOT_RESOLVED"));
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await client?.close();
  await leaveChromium();
  await Promise.all([service?.stop(), notes?.stop()]);
  if (service) rmSync(service.stateDir, { recursive: true, force: true });
});

const look = (name: string): Promise<void> => lookAt(alex.page, name);

/** At the issuer: signs in as that account and says yes. The provider's own pages. */
async function sayYes(account: string): Promise<void> {
  const { page } = alex;
  await page.waitForURL(`${notes.issuer}/interaction/**`);
  await page.locator('input[name="login"]').fill(account);
  await page.locator('input[name="password"]').fill("whatever");
  await page.locator('button[type="submit"]').click();
  await page.getByText("Authorize").waitFor();
  await page.locator('button[type="submit"]').click();
}

async function addNotes(name: string, grants: "shared" | "owner"): Promise<void> {
  const { page } = alex;
  await alex.open("/admin/servers");
  await alex.textbox("Name").fill(name);
  await alex.textbox("Address").fill(notes.url);
  await page.getByLabel("Authentication", { exact: true }).selectOption("authorization_code");
  await page.getByLabel("Agents call it", { exact: true }).selectOption(grants);
  await alex.button("Ask the server").click();
  await page.getByText(`Its issuer is ${notes.issuer}.`).waitFor();
  expect(await alex.textbox("Client ID of the gate").inputValue()).not.toBe("");
  await page.getByText("What the issuer says of itself").click();
  if (grants === "shared") await look("connections-form");
  await alex.button("Add server").click();
  await page.getByRole("status").getByText("Signed, and done.").waitFor();
}

async function agentOf(name: string): Promise<string> {
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill(name);
  await alex.button("Create agent").click();
  await alex.page.getByRole("heading", { name: `Agent ${name} is ready` }).waitFor();
  return (await alex.page.locator("#key").textContent()) ?? "";
}

async function clientAt(server: string, key: string): Promise<Client> {
  const made = new Client({ name: "test", version: "1" });
  const requestInit = { headers: { "X-Api-Key": key } };
  await made.connect(new StreamableHTTPClientTransport(new URL(`/mcp/${server}`, service.origin), { requestInit }));
  return made;
}

let key = "";

describe("in order:", () => {
  it("an admin adds it by what its issuer says", async () => {
    await addNotes("notes", "shared");
    await alex.open("/admin/servers");
    await alex.page.getByText("Needs authentication: it is not connected").waitFor();
    expect(await alex.page.locator("li[data-server=notes]").textContent()).toContain(notes.issuer);
  });

  it("connects it as whom they sign in as at the issuer, and signs for that", async () => {
    const { page } = alex;
    await page.getByRole("link", { name: "Connect", exact: true }).click();
    await look("connections-none");
    await alex.button("Connect").click();
    await sayYes("ada");
    await page.waitForURL(`${service.origin}/account/servers?server=notes`);
    await page.getByText("ada@example.com").first().waitFor();
    await look("connections-waiting");
    await alex.button("Use this account").click();
    await page.getByRole("status").getByText("notes is connected.").waitFor();
    await look("connections-connected");
    expect(notes.asked).toEqual(["authorization_code"]);
  });

  it("agents call it as that account", async () => {
    const { page } = alex;
    await alex.open("/admin/servers?server=notes");
    await alex.button("Accept tools").click();
    await page.getByText("1 of 1 tools may be called.").waitFor();
    await look("connections-admin");
    await alex.open("/admin/policy");
    await alex.textbox("Policy").fill(ALL_PASSES);
    await alex.button("Publish policy").click();
    await page.getByRole("status").getByText("Version 1").first().waitFor();
    key = await agentOf("scribe");
    client = await clientAt("notes", key);
    expect(await client.callTool({ name: "whoami" })).toMatchObject({ content: [{ text: "You are ada." }] });
  });

  it("twenty calls that find the token worn out make one refresh", async () => {
    notes.wearOut();
    const before = notes.asked.length;
    await Promise.allSettled(Array.from({ length: 20 }, () => client.callTool({ name: "whoami" })));
    expect(notes.asked.slice(before)).toEqual(["refresh_token"]);
    expect(await client.callTool({ name: "whoami" })).toMatchObject({ content: [{ text: "You are ada." }] });
  });

  it("disconnected, its tokens are given back, and calls say where a person connects it", async () => {
    const { page } = alex;
    await alex.open("/account/servers");
    await alex.button("Disconnect").click();
    await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("status").getByText("It is disconnected.").waitFor();
    await expect.poll(() => notes.returned).toContain("refresh_token");
    const refused = await client.callTool({ name: "whoami" });
    expect(refused.isError).toBe(true);
    expect(JSON.stringify(refused)).toContain("needs_authentication");
    expect(JSON.stringify(refused)).toContain(`${service.origin}/account/servers?server=notes`);
  });

  it("of a server with a grant per owner, an owner's agents call it as their owner", async () => {
    const { page } = alex;
    await addNotes("diary", "owner");
    await alex.open("/account/servers?server=diary");
    // The issuer knows nobody any more: whoever comes signs in anew.
    await page.context().clearCookies({ domain: "localhost", name: /^_(session|interaction)/ });
    await alex.page.getByRole("listitem").filter({ hasText: "diary" }).getByRole("button", { name: "Connect" }).click();
    await sayYes("grace");
    await page.getByText("grace@example.com").first().waitFor();
    await alex.button("Use this account").click();
    await page.getByRole("status").getByText("diary is connected.").waitFor();
    await alex.open("/admin/servers?server=diary");
    await alex.button("Accept tools").click();
    await page.getByText("1 of 1 tools may be called.").waitFor();
    const diary = await clientAt("diary", key);
    expect(await diary.callTool({ name: "whoami" })).toMatchObject({ content: [{ text: "You are grace." }] });
    await diary.close();
  });
});

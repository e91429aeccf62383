/**
 * The whole way in real Chromium against the running service: the first person enrols, makes an agent, an MCP client
 * asks, the person reads and signs, the waiting call returns, and the receipt verifies on the command line.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { addVirtualAuthenticator, enterChromium, leaveChromium, type VirtualAuthenticator } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } } as const;
const PAYLOAD = { service: "api", version: "4.2.0", replicas: 3, hosts: Array.from({ length: 20 }, (_, i) => `host-${i}.example.com`) };

const folder = mkdtempSync(join(tmpdir(), "countersign-journey-"));
let service: Service;
let browser: Browser;
let page: Page;
let authenticator: VirtualAuthenticator;
let agentKey: string;
/** Whatever the browser complained about since the last test. */
let complaints: string[] = [];

beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), enterChromium()]);
  page = await (await browser.newContext({ viewport: SIZES.desktop })).newPage();
  authenticator = await addVirtualAuthenticator(page);
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
});
afterEach(() => {
  const seen = complaints;
  complaints = [];
  expect(seen).toEqual([]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  rmSync(service?.stateDir ?? folder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** An MCP client with the agent's key. */
async function connect(): Promise<Client> {
  const client = new Client({ name: "journey", version: "1" });
  const requestInit = { headers: { "X-Api-Key": agentKey } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", service.origin), { requestInit }));
  return client;
}

interface Answer {
  request_id: string;
  status: string;
  approval_url: string;
  comment?: string;
}
const call = async (client: Client, name: string, args: Record<string, unknown>): Promise<Answer> =>
  (await client.callTool({ name, arguments: args })).structuredContent as Answer;

const button = (name: string) => page.getByRole("button", { name, exact: true });
const status = () => page.getByRole("status").first();

/** Runs `countersign verify` on a receipt: its exit code and what it said. */
async function verify(receipt: string): Promise<{ exitCode: number; output: string }> {
  const file = join(folder, "receipt.json");
  writeFileSync(file, receipt);
  const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
  const args = ["scripts/run.mjs", "countersign", "verify", file, "--vkey", vkey, "--origin", service.origin];
  try {
    const { stdout } = await promisify(execFile)("node", args);
    return { exitCode: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, output: stdout + stderr };
  }
}

describe("in order:", () => {
  it("the first person enrols with the printed link, once", async () => {
    await page.goto(`${service.origin}/setup#${service.setupToken}`);
    expect(await violationsOn(page)).toEqual([]);
    await page.getByRole("textbox", { name: "Username" }).fill("alex");
    await page.getByRole("textbox", { name: "Display name" }).fill("Alex Example");
    await button("Create passkey").click();
    await page.waitForURL(`${service.origin}/`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Waiting for you");
    expect(await violationsOn(page)).toEqual([]);
    expect((await fetch(`${service.origin}/setup`)).status).toBe(410);
  });

  it("signs out and in again, and comes back to the page that was asked for", async () => {
    await button("Sign out").click();
    await button("Sign in with passkey").waitFor();
    await page.goto(`${service.origin}/admin/agents`);
    expect(await violationsOn(page)).toEqual([]);
    await button("Sign in with passkey").click();
    await page.waitForURL(`${service.origin}/admin/agents`);
  });

  it("makes an agent by signing, and gets its key once with a ready line for Claude Code", async () => {
    await page.getByRole("textbox", { name: "Name" }).fill("release-bot");
    await button("Create agent").click();
    const line = await page.getByText("claude mcp add").first().textContent();
    agentKey = /csk_[0-9A-Za-z]{36}/.exec(line ?? "")?.[0] ?? "";
    expect(line).toContain(`--transport http countersign ${service.origin}/mcp --header "X-Api-Key: ${agentKey}"`);
    expect(await violationsOn(page)).toEqual([]);
    await page.reload();
    expect(await page.content()).not.toContain(agentKey);
  });
});

describe.each(["phone", "desktop"] as const)("on the %s", (size) => {
  it.each([
    { verdict: "Approve", said: "Approved", status: "approved" },
    { verdict: "Deny", said: "Denied", status: "denied" },
  ])("$said: the waiting call returns, and the receipt verifies offline until anything in it is changed", async (expected) => {
    await page.setViewportSize(SIZES[size]);
    const client = await connect();
    const asked = await call(client, "request_human_approval", {
      action: `${expected.verdict} this on the ${size}`,
      reason: "Ticket 4711",
      payload: PAYLOAD,
      wait_seconds: 0,
    });
    const waiting = call(client, "wait_for_approval", { request_id: asked.request_id, wait_seconds: 45 });

    const served = await page.goto(asked.approval_url);
    expect(served?.headers()["document-policy"]).toBe("force-load-at-top");
    await page.getByText("Display verified").waitFor();
    for (const host of PAYLOAD.hosts) expect(await page.getByText(host, { exact: true }).count()).toBe(1);
    const decide = button(`${expected.verdict} with passkey`);
    if (size === "phone") expect(await decide.isDisabled()).toBe(expected.verdict === "Approve");
    expect(await violationsOn(page)).toEqual([]);
    await readThrough(page);
    await page.getByRole("textbox", { name: "Comment" }).fill("Read & <signed>");
    await decide.click();
    await status().getByText(expected.said, { exact: true }).waitFor();
    expect(await button("Approve with passkey").count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
    expect(await waiting).toMatchObject({ status: expected.status, comment: "Read & <signed>" });

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download receipt" }).click();
    const receipt = await page.request.get(`${service.origin}/api/v1/approvals/${asked.request_id}/receipt`);
    expect((await download).suggestedFilename()).toContain(asked.request_id);
    const text = await receipt.text();
    expect(await verify(text)).toMatchObject({ exitCode: 0 });
    const changed = await verify(text.replace('"replicas":3', '"replicas":4'));
    expect(changed.exitCode).toBe(1);
    expect(changed.output).toContain("payload_mismatch");

    await page.reload();
    await status().getByText(expected.said, { exact: true }).waitFor();
    await client.close();
  });
});

describe("the approval page", () => {
  const open = async (args: Record<string, unknown> = {}, on = page): Promise<{ client: Client; asked: Answer }> => {
    const client = await connect();
    const asked = await call(client, "request_human_approval", {
      action: "Deploy",
      payload: PAYLOAD,
      wait_seconds: 0,
      idempotency_key: crypto.randomUUID(),
      ...args,
    });
    await on.goto(asked.approval_url);
    await on.getByText("Display verified").waitFor();
    return { client, asked };
  };

  /** Another page, whose request nobody decides while the tests go on. */
  let elsewhere: Page;
  let expiring: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    elsewhere = await page.context().newPage();
    expiring = await open({ expires_in_seconds: 30 }, elsewhere);
  });

  it("returns to itself after a prompt that was not completed, and nothing was recorded", async () => {
    const { client, asked } = await open();
    await readThrough(page);
    await authenticator.setUserVerified(false);
    await button("Approve with passkey").click();
    await page.getByRole("alert").first().waitFor();
    expect(await call(client, "wait_for_approval", { request_id: asked.request_id, wait_seconds: 0 })).toMatchObject({ status: "pending" });
    await authenticator.setUserVerified(true);
    await button("Approve with passkey").click();
    await status().getByText("Approved", { exact: true }).waitFor();
    await client.close();
  });

  it("takes its buttons away when one shown cell is altered", async () => {
    const { client } = await open();
    await readThrough(page);
    await page.getByText("host-7.example.com", { exact: true }).evaluate((cell) => (cell.textContent = "host-8.example.com"));
    await expect.poll(() => button("Approve with passkey").count()).toBe(0);
    expect(await button("Deny with passkey").count()).toBe(0);
    await client.close();
  });

  it("hears of a cancellation while it is open", async () => {
    const { client, asked } = await open();
    await call(client, "cancel_approval", { request_id: asked.request_id });
    await status().getByText("Cancelled", { exact: true }).waitFor();
    expect(await button("Approve with passkey").count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
    await client.close();
  });

  it("shows hostile text as what it is", async () => {
    const hostile = "<img src=x onerror=alert(1)></script><script>alert(2)</script> \u202Egnp.exe \u200B\u{E0041}";
    const { client } = await open({
      action: hostile,
      reason: hostile,
      payload: { [hostile]: hostile, list: [hostile, { deep: hostile }] },
    });
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(await page.getByText("U+202E").count()).toBeGreaterThanOrEqual(6);
    expect(await page.getByText("U+E0041").count()).toBeGreaterThanOrEqual(6);
    expect(await violationsOn(page)).toEqual([]);
    await readThrough(page);
    await page.getByRole("textbox", { name: "Comment" }).fill(hostile);
    await button("Deny with passkey").click();
    await status().getByText("Denied", { exact: true }).waitFor();
    await client.close();
  });

  it("hears of the deadline while it is open", async () => {
    const { client, asked } = expiring;
    await elsewhere.getByRole("status").first().getByText("Expired", { exact: true }).waitFor({ timeout: 60_000 });
    expect(await elsewhere.getByRole("button", { name: "Approve with passkey", exact: true }).count()).toBe(0);
    expect(await call(client, "wait_for_approval", { request_id: asked.request_id })).toMatchObject({ status: "expired" });
    await client.close();
  });
});

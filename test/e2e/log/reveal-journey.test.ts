/**
 * Public reveal in real Chromium against the running service: an agent asks for it on the command line, the page says so, the
 * person signs, and strangers find it in the log and check it in their own browser.
 */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const PAYLOAD = { release: "4.2.0", notes: "Fixes the login page \u202Egnp.exe" };
const ACTION = "Publish the release notes of 4.2.0";

let service: Service;
let browser: Browser;
let person: BrowserPerson;
let stranger: Page;
let agentKey: string;

beforeAll(async () => {
  [service, browser] = await Promise.all([startService({ env: { ALLOW_REVEAL: "true" } }), enterChromium()]);
  person = await BrowserPerson.at(browser, service.origin);
  // A button that is changing its colours has none that could be judged.
  await person.page.emulateMedia({ reducedMotion: "reduce" });
  await person.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  await person.open("/admin/agents");
  await person.textbox("Name").fill("release-bot");
  await person.button("Create agent").click();
  const line = await person.page.getByText("claude mcp add").first().textContent();
  agentKey = /csk_[0-9A-Za-z]{36}/.exec(line ?? "")?.[0] ?? "";
  stranger = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

/** `countersign request`, not waiting. */
async function ask(...more: string[]): Promise<{ request_id: string; approval_url: string }> {
  const args = [
    "scripts/run.mjs",
    "countersign",
    "request",
    "--action",
    ACTION,
    "--payload-json",
    JSON.stringify(PAYLOAD),
    "--wait",
    "0",
    "--json",
  ];
  const env = { ...process.env, COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agentKey };
  // A request that is pending ends it with 5.
  const { stdout } = await promisify(execFile)("node", [...args, ...more], { env }).catch((error: unknown) => error as { stdout: string });
  return JSON.parse(stdout) as { request_id: string; approval_url: string };
}
/** The index of the entry that a person's search leads to. */
async function entryOf(requestId: string): Promise<string> {
  await person.open("/log");
  await person.textbox("Request id").fill(requestId);
  await person.button("Find").click();
  const href = await person.page
    .getByRole("status")
    .getByRole("link", { name: /^entry/ })
    .getAttribute("href");
  return href?.split("/").at(-1) ?? "";
}
const publicPage = async (path: string): Promise<string> => {
  await stranger.goto(service.origin + path);
  return stranger.locator("main").innerText();
};

describe("in order:", () => {
  let index: string;

  it("the page says what becomes public, that is compared, and the person signs it", async () => {
    const { request_id, approval_url } = await ask("--reveal");
    await person.openApproval(approval_url);
    const note = person.page.getByRole("note").filter({ hasText: "Public if approved." });
    expect(await note.textContent()).toBe(
      "Public if approved. Anyone can then read this request, its payload, the ids of all who could decide it, who did and when. Comments are not published.",
    );
    expect(await violationsOn(person.page)).toEqual([]);
    await note.evaluate((shown) => shown.remove());
    await person.page.getByText("Difference found").waitFor();
    expect(await person.button("Approve with passkey").count()).toBe(0);

    await person.openApproval(approval_url);
    await person.textbox("Comment").fill("Between us");
    await person.decide("Approve", "Approved");
    index = await entryOf(request_id);
    expect(await violationsOn(person.page)).toEqual([]);
  });

  it("strangers find it in the log, hostile text as what it is, and nothing that was not to be revealed", async () => {
    const { request_id, approval_url } = await ask();
    await person.openApproval(approval_url);
    expect(await person.page.getByText("Public if approved.").count()).toBe(0);
    await person.decide("Approve", "Approved");
    const privateIndex = await entryOf(request_id);

    expect(await publicPage("/log")).toContain(`Approved: ${ACTION}`);
    expect((await publicPage("/log")).split(ACTION)).toHaveLength(2);
    expect(await violationsOn(stranger)).toEqual([]);
    await stranger.getByRole("link", { name: `Entry ${index}`, exact: true }).click();
    const shown = await stranger.locator("main").innerText();
    expect(shown).toContain("Fixes the login page");
    expect(shown).toContain("U+202E");
    expect(shown).toMatch(/alex usr_\S+ approved/);
    expect(await stranger.content()).not.toContain("Between us");
    expect(await stranger.content()).not.toContain("Alex Example");
    expect(await violationsOn(stranger)).toEqual([]);
    expect(await publicPage(`/log/entry/${privateIndex}`)).toContain("What this entry says is not public.");
    expect((await fetch(`${service.origin}/log/revealed/${privateIndex}`)).status).toBe(404);
  });

  it("and check it in their own browser", async () => {
    await publicPage(`/log/entry/${index}`);
    const proof = await stranger.locator(".proof").textContent();
    const revealed = await (await fetch(`${service.origin}/log/revealed/${index}`)).text();
    await stranger.getByText("Proof that anybody can check").click();
    await stranger.getByRole("link", { name: "the check of proofs" }).click();
    await stranger.getByRole("textbox", { name: "Proof", exact: true }).fill(proof ?? "");
    await stranger.getByRole("textbox", { name: "Entry", exact: true }).fill(revealed);
    await stranger.getByRole("button", { name: "Check proof" }).click();
    await stranger.getByRole("status").getByText("In the log", { exact: true }).waitFor();
    expect(await stranger.locator('[data-state="holds"]').count()).toBe(4);
    expect(await violationsOn(stranger)).toEqual([]);
  });

  it("nobody’s browser complained", () => {
    expect(person.complaints).toEqual([]);
  });
});

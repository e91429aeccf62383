/**
 * The start and the tutorials, as a reader goes through them: every command as it stands in the document, against a running service, and
 * what people do by a passkey in software, on the pages that the documents name.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { blocksOf, boldIn, readDocument } from "#test/support/docs/blocks.ts";
import { Reader, type Typed } from "#test/support/docs/typed.ts";
import { pageOf } from "#test/support/scenes/open-scene.ts";
import { type Agent, joinWith, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const CLIENT = fileURLToPath(new URL("../../../packages/countersign/src/exports/client.ts", import.meta.url));

let browser: Browser;
let service: Service;
let person: Person;
let auditor: Person;
let agent: Agent;
/** Everything that can be read on the pages that somebody was on, names of fields included. */
let seen = "";
const readers: Reader[] = [];
/** Of the first approval, for the auditor. */
let receipt = "";

beforeAll(async () => {
  [browser, service] = await Promise.all([enterChromium(), startService()]);
  await look(await (await browser.newContext()).newPage(), `/setup#${service.setupToken}`);
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("invoices");
  // Before the browser has the passkey: what it has signed with counts on from there.
  const passkey = await joinWith(await person.invite({ username: "kim", roles: ["auditor"] }), "kim", "Kim");
  expect((await person.signForPasskey(passkey)).status).toBe(200);
  auditor = await Person.signIn(service.origin, passkey);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
  for (const reader of readers) reader.leave();
});

function read(name: string): Reader {
  const reader = new Reader(name, { COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agent.key, STATE_DIR: service.stateDir });
  readers.push(reader);
  return reader;
}

/** Opens a page, and takes in what it says. */
async function look(page: Page, path: string): Promise<Page> {
  await page.goto(new URL(path, service.origin).href);
  seen += await page.evaluate(() =>
    [
      document.body.innerText,
      ...[...document.querySelectorAll("summary, button, [aria-label], label")].map(
        (one) => `${one.textContent} ${one.getAttribute("aria-label") ?? ""}`,
      ),
    ].join("\n"),
  );
  return page;
}

/** Decides on the page of a request, as the documents say: reads to the end, and presses the button. */
async function decide(path: string, button: "Approve with passkey" | "Deny with passkey", comment = ""): Promise<void> {
  const { page, context } = await pageOf(browser, service, person);
  await look(page, path);
  await page.getByText("Display verified", { exact: true }).waitFor();
  await readThrough(page);
  if (comment !== "") await page.getByRole("textbox", { name: "Comment", exact: true }).fill(comment);
  await page.getByRole("button", { name: button, exact: true }).click();
  await page
    .getByRole("status")
    .getByText(button.startsWith("Approve") ? "Approved" : "Denied", { exact: true })
    .waitFor();
  seen += await page.evaluate(() => document.body.innerText);
  await context.close();
}

const good = ({ stdout, stderr, exitCode }: Typed): string => {
  expect([stderr, exitCode]).toEqual([expect.any(String), 0]);
  return stdout;
};
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
/** Names in bold that no page has shown; `but` are words that are set in bold for weight alone. */
const notSeen = (name: string, but: readonly string[] = []): string[] =>
  boldIn(readDocument(name)).filter((bold) => !but.includes(bold) && !seen.replaceAll(/\s+/g, " ").includes(bold));

describe("docs/start.md", () => {
  it("goes from an ask to a receipt that is valid, and past no second use", async () => {
    const reader = read("start");
    expect((await reader.setUp()).stdout).toContain("Usage: countersign COMMAND");
    const asked = await reader.type("countersign request");
    expect(asked.exitCode).toBe(0);
    await decide(lastLine(asked.stdout), "Approve with passkey");
    expect(good(await reader.type("REQUEST="))).toContain("Approved");
    receipt = readFileSync(join(reader.folder, "receipt.json"), "utf8");
    const again = await reader.type("countersign redeem");
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("approved")]);
    expect(good(await reader.type("curl"))).toMatch(/^Valid: approved\./);
    expect(reader.left).toBe(0);
  });

  it("names what stands on the pages", async () => {
    const { page, context } = await pageOf(browser, service, person);
    await look(page, "/admin/agents");
    await context.close();
    expect(notSeen("start")).toEqual([]);
  });
});

describe("docs/tutorials/agent-developer.md", () => {
  it("has a program that asks, and acts once it may, and commands that do the same", async () => {
    const reader = read("tutorials/agent-developer");
    const vkey = good(await reader.type("export COUNTERSIGN_LOG_VKEY"));
    const [program = ""] = blocksOf(readDocument("tutorials/agent-developer")).flatMap(({ kind, text }) => (kind === "ts" ? [text] : []));
    const file = join(reader.folder, "invoices.ts");
    writeFileSync(file, program.replace('"countersign"', JSON.stringify(CLIENT)));
    Object.assign(process.env, { COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: agent.key, COUNTERSIGN_LOG_VKEY: vkey.trim() });
    const said: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
    try {
      const { sendInvoice } = (await import(pathToFileURL(file).href)) as { sendInvoice: (invoice: object) => Promise<string> };
      const sending = sendInvoice({ number: 2041, to: "billing@example.com", amount: "1250.00" });
      await expect.poll(() => said).toHaveLength(1);
      await decide(/^Decide at (\S+)$/.exec(said[0] ?? "")?.[1] ?? "", "Approve with passkey");
      expect(await sending).toBe("sent 2041 over 1250.00 to billing@example.com");
      const refused = sendInvoice({ number: 2042, to: "billing@example.com", amount: "9.00" });
      await expect.poll(() => said).toHaveLength(2);
      await decide(/^Decide at (\S+)$/.exec(said[1] ?? "")?.[1] ?? "", "Deny with passkey", "Not twice a month");
      expect(await refused).toMatch(/^not sent: .*Not twice a month/s);
    } finally {
      log.mockRestore();
      for (const name of ["URL", "API_KEY", "LOG_VKEY"]) delete process.env[`COUNTERSIGN_${name}`];
    }
    expect(lastLine(good(await reader.type("curl")))).toBe("pending");
    const asked = JSON.parse(readFileSync(join(reader.folder, "asked.json"), "utf8")) as { approval_url: string };
    await decide(asked.approval_url, "Deny with passkey", "Not in December");
    expect(lastLine(good(await reader.type("REQUEST=")))).toBe("denied");
    expect(good(await reader.type("countersign wait"))).toMatch(/Not in December[^]*exit code 3\n$/);
    expect([reader.left, notSeen("tutorials/agent-developer")]).toEqual([0, []]);
  });
});

describe("docs/tutorials/approver.md", () => {
  it("names what stands on the pages: to join, to read, to decide, and when something is wrong", async () => {
    const invitation = await person.invite({ username: "sam", roles: ["approver"] });
    await look(await (await browser.newContext()).newPage(), invitation);
    await look(await (await browser.newContext()).newPage(), "/");
    const { page, context } = await pageOf(browser, service, person);
    await look(page, "/account");
    await context.close();
    expect(
      notSeen("tutorials/approver", ["Who asks.", "What will happen.", "How long you have", "Yes", "No", "Not sure", "Almost", "Not now"]),
    ).toEqual([]);
  });
});

describe("docs/tutorials/operator.md", () => {
  it("looks whether it is well, makes a policy, checks the log, and says what a backup would be", async () => {
    const reader = read("tutorials/operator");
    expect(good(await reader.type("curl"))).toContain("ok");
    expect(good(await reader.type("mkdir -p policy"))).toMatch(/ok +/);
    expect(good(await reader.type("countersign monitor"))).toMatch(/\S/);
    expect(good(await reader.type("npm --prefix"))).toContain("d1.sql");
    expect(reader.left).toBe(0);
    const { page, context } = await pageOf(browser, service, person);
    await look(page, "/admin/policy");
    await look(page, "/admin/people");
    await context.close();
    expect(notSeen("tutorials/operator")).toEqual([]);
  });
});

describe("docs/tutorials/auditor.md", () => {
  it("checks a receipt, finds it changed, follows the log, and checks a period", async () => {
    const reader = read("tutorials/auditor");
    expect(good(await reader.type("curl"))).toContain("/log+");
    writeFileSync(join(reader.folder, "receipt.json"), receipt);
    expect(good(await reader.type("countersign verify receipt.json"))).toMatch(/^Valid: approved\./);
    expect(good(await reader.type("sed"))).toMatch(/Not valid[^]*exit code 1\n$/);
    good(await reader.type("countersign monitor"));
    const bundle = await auditor.get("/api/v1/audit/export?format=bundle");
    writeFileSync(join(reader.folder, "evidence.zip"), Buffer.from(await bundle.arrayBuffer()));
    expect(good(await reader.type("countersign verify-bundle"))).toMatch(/^Valid/);
    expect(reader.left).toBe(0);
    const { page, context } = await pageOf(browser, service, auditor);
    await look(page, "/audit");
    await context.close();
    const weight = ["from somewhere else than what you check", "/verify", "no leaf between the two states is missing"];
    expect(notSeen("tutorials/auditor", weight)).toEqual([]);
  });
});

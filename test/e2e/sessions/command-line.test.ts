/** A command line at the running service: let in by a person at a real browser, it reads what they may read, until they end it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { leastEnvironment, MAIN, spawnCommandLine } from "#test/support/cli/command-line.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-command-line-"));
const state = join(folder, "state");
let browser: Browser;
let service: Service;
let alex: BrowserPerson;
let environment: Record<string, string>;

beforeAll(async () => {
  [browser, service] = await Promise.all([enterChromium(), startService()]);
  environment = { COUNTERSIGN_URL: service.origin, COUNTERSIGN_STATE: state };
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
});
afterAll(async () => {
  await service.stop();
  await leaveChromium();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => spawnCommandLine(args, folder, environment);

/** `countersign login`, which waits: its code as soon as it is shown, and how it ends. */
function login(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, "login", "--no-browser", ...args], {
    cwd: folder,
    env: { ...leastEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  const code = new Promise<string>((found, fail) => {
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      const [, shown] = /^ {4}([A-Z]{4}-[A-Z]{4})$/m.exec(stderr) ?? [];
      if (shown !== undefined) found(shown);
    });
    child.once("close", () => fail(new Error(`it ended without a code: ${stderr}`)));
  });
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number, stdout, stderr }));
  return { code, ended };
}

it("is turned away, and keeps nothing", async () => {
  const waiting = login("--name", "not mine");
  await alex.open("/command-line");
  await alex.textbox("Code that your terminal shows").fill(await waiting.code);
  await alex.button("Look up the code").click();
  await alex.button("Turn it away").click();
  await alex.page.getByText("It was turned away.").waitFor();
  const { exitCode, stderr } = await waiting.ended;
  expect([exitCode, stderr.includes("you turned this command line away")]).toEqual([1, true]);
  expect(existsSync(state)).toBe(false);
  expect(await run("agents", "list")).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("Run countersign login.") as string });
});

it("is let in by its person's passkey, on a page that says what asks", async () => {
  const waiting = login("--name", "laptop \u202e of alex");
  await alex.open("/command-line");
  const code = await waiting.code;
  await alex.textbox("Code that your terminal shows").fill("BBBB BBBB");
  await alex.button("Look up the code").click();
  await alex.page.getByText("No command line waits with this code.").waitFor();
  await alex.textbox("Code that your terminal shows").fill(code.toLowerCase());
  await alex.button("Look up the code").click();
  await alex.page.getByRole("heading", { name: "This command line asks" }).waitFor();
  const asks = (await alex.page.locator("#what").textContent()) ?? "";
  expect(asks).toContain(code);
  expect(asks).toContain("U+202E");
  expect(await violationsOn(alex.page)).toEqual([]);
  await alex.button("Let it in with passkey").click();
  await alex.page.getByText("The command line is let in.").waitFor();
  const { exitCode, stdout } = await waiting.ended;
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`reads for you at ${service.origin} until `)]);
  const [file = ""] = readdirSync(state);
  expect([statSync(join(state, file)).mode & 0o777, statSync(state).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(alex.page.url()).not.toContain(code);
});

it("lets doctor look at settings, channels and servers", async () => {
  const { exitCode, stdout } = await run("doctor", "--json");
  const { checks } = JSON.parse(stdout) as { checks: { check: string; state: string; message: string }[] };
  const seen = checks.filter(({ check }) => ["settings", "channels", "servers"].includes(check));
  expect([exitCode, seen.map(({ message }) => message)]).toEqual([
    0,
    expect.arrayContaining(["There is no channel: people hear of requests on open pages only.", "There is no MCP server behind the gate."]),
  ]);
  expect(seen.filter(({ message }) => message.includes("Only admins and auditors"))).toEqual([]);
});

it("reads what its person may read, as tables and as the service's documents", async () => {
  expect((await run("whoami")).stdout).toContain("alex, roles: admin");
  const people = await run("people", "list");
  expect(people.stdout).toMatch(/^ID +USERNAME +NAME +ROLES/);
  expect(people.stdout).toContain("Alex Example");
  const { items } = JSON.parse((await run("people", "list", "--json")).stdout) as { items: { id: string; username: string }[] };
  expect(items.map(({ username }) => username)).toEqual(["alex"]);
  expect((await run("people", "show", items[0]?.id ?? "")).stdout).toContain("username: alex");
  expect(await run("agents", "list")).toMatchObject({ exitCode: 0, stdout: "Nothing is there.\n" });
  expect((await run("servers", "list")).exitCode).toBe(0);
  expect((await run("calls", "list")).exitCode).toBe(0);
  expect((await run("policy", "history")).exitCode).toBe(0);
  expect(await run("policy", "show")).toMatchObject({ exitCode: 1, stderr: "countersign: no version was published yet.\n" });
  expect((await run("log", "checkpoint")).stdout).toContain("\n— ");
  expect((await run("log", "entries", "--limit", "2")).stdout).toMatch(/^0 [0-9a-f]{66}\n1 [0-9a-f]{66}\n$/);
  expect((await run("audit", "search", "--kind", "passkey.enrolled")).exitCode).toBe(0);
  expect(await run("agents", "show", "agt_nobody")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("(not_found)") as string,
  });
});

it("exports the record whole, and a bundle that verifies", async () => {
  const csv = await run("audit", "export", "--format", "csv", "-o", "record.csv");
  expect([csv.exitCode, csv.stderr]).toEqual([0, ""]);
  expect(readFileSync(join(folder, "record.csv"), "utf8")).toMatch(/^entry,at,kind,[^]*\r\n,,end,/);
  expect((await run("audit", "export", "--format", "ndjson", "--output", "record.ndjson")).exitCode).toBe(0);
  const bundle = await run("audit", "export", "--format", "bundle", "-o", "bundle.zip");
  expect([bundle.exitCode, bundle.stderr]).toEqual([0, ""]);
  const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
  expect((await run("verify-bundle", "bundle.zip", "--vkey", vkey, "--origin", service.origin)).exitCode).toBe(0);
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

it("names the page where something has to be signed", async () => {
  expect((await run("agents", "create")).stdout).toBe(`${service.origin}/admin/agents\n`);
  expect((await run("policy", "publish")).stdout).toBe(`${service.origin}/admin/policy\n`);
});

it("ends when its person ends it, and by itself", async () => {
  await alex.open("/account");
  const row = alex.page.locator("li[data-session]").filter({ hasText: "Command line" });
  expect(await row.count()).toBe(1);
  expect(await violationsOn(alex.page)).toEqual([]);
  await row.getByRole("button").click();
  await alex.button("End session").click();
  await row.waitFor({ state: "detached" });
  expect(await run("whoami")).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("countersign login") as string });
  expect(await run("logout")).toMatchObject({ exitCode: 0, stdout: "The session is over.\n" });
  expect(await run("logout")).toMatchObject({ exitCode: 0, stdout: `There is no session at ${service.origin}.\n` });
  expect(alex.complaints).toEqual([]);
});

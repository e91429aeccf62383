/**
 * A call whose approver sees first what the server says, on a phone and in real Chromium, at a server that others wrote: the file that
 * would be written over. Approved, the gate looks again, and writes though the agent has gone; if the file is another one by then, it
 * does not.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PersonItem } from "#api/people-data.ts";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { startFilesystem } from "#test/support/servers/published-servers.ts";
import { Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const POLICY = `type: countersign/policy@v1
rules:
  - { name: reads, match: { source: call, server: files, hints: { readOnlyHint: true } }, effect: allow, risk: low }
  - name: writes
    match: { source: call, server: files, tool: write_file }
    effect: require_approval
    execute: on_approval
    match_code: off
    preview: { tool: read_text_file, args: '{"path": args.path}', pick: "result.content[0].text" }
`;

const folder = mkdtempSync(join(tmpdir(), "countersign-preview-"));
const SHOTS = process.env["SCREENSHOTS"];
let service: Service;
let files: Awaited<ReturnType<typeof startFilesystem>>;
let browser: Browser;
let sam: BrowserPerson;
let client: Client;

beforeAll(async () => {
  [service, files, browser] = await Promise.all([
    startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }),
    startFilesystem(),
    enterChromium(),
  ]);
  const admin = await Person.enrolFirst(service);
  await admin.addServer({ name: "files", url: files.url });
  await admin.acceptTools("files");
  await admin.publishPolicy(POLICY);
  const { key } = await admin.makeAgent("release-bot");
  sam = await BrowserPerson.at(browser, service.origin);
  await sam.join(await admin.invite({ username: "sam", roles: ["approver"] }), "sam", "Sam Okafor");
  const { items } = (await (await admin.get("/api/v1/people")).json()) as { items: PersonItem[] };
  const joined = items.find(({ username }) => username === "sam");
  const [passkey] = joined?.waiting ?? [];
  expect((await admin.signForPasskey({ person: joined?.id ?? "", credentialId: passkey?.credential_id ?? "" })).ok).toBe(true);
  await sam.signIn();
  client = new Client({ name: "journey", version: "1" });
  const requestInit = { headers: { "X-Api-Key": key } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp/files", service.origin), { requestInit }));
});
afterAll(async () => {
  await client?.close();
  await leaveChromium();
  await Promise.all([service?.stop(), files?.stop()]);
  for (const one of [service?.stateDir, folder]) if (one !== undefined) rmSync(one, { recursive: true, force: true });
});

const call = (name: string, args: object, meta: object = {}) => client.callTool({ name, arguments: { ...args }, _meta: { ...meta } });

/** The agent asks, and does not wait. */
async function asked(name: string, content: string): Promise<{ path: string; id: string; url: string }> {
  const path = join(files.folder, name);
  const { _meta } = await call("write_file", { path, content }, { "dev.countersign/wait_seconds": 0 });
  const pending = _meta?.["dev.countersign/pending"] as { request_id: string; approval_url: string };
  return { path, id: pending.request_id, url: pending.approval_url };
}

it("the approver sees what is there now, signs, and it is written without anybody who waits", async () => {
  writeFileSync(join(files.folder, "notes.md"), "Written by hand.\n");
  const { path, id, url } = await asked("notes.md", "Written by an agent.\n");
  const { page } = sam;
  await sam.openApproval(url);
  const preview = page.getByRole("region", { name: "Preview" });
  expect(await preview.textContent()).toContain("What it would do, said by files");
  expect((await preview.textContent())?.replaceAll("·", " ")).toContain("Written by hand.");
  expect(await page.locator("#request").textContent()).toContain("Once approved it is sent at once, whether the agent waits or not.");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(await violationsOn(page)).toEqual([]);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/preview-journey.png`, fullPage: true });
  expect(readFileSync(path, "utf8")).toBe("Written by hand.\n");
  await sam.decide("Approve", "Approved");
  await expect.poll(() => readFileSync(path, "utf8")).toBe("Written by an agent.\n");
  const collected = await call("resume_call", { request_id: id });
  expect(collected).toMatchObject({ content: [{ type: "text", text: `Successfully wrote to ${path}` }] });

  const receipt = await page.request.get(`${service.origin}/api/v1/approvals/${id}/receipt`);
  writeFileSync(join(folder, "receipt.json"), await receipt.text());
  writeFileSync(join(folder, "preview.json"), JSON.stringify("Written by hand.\n"));
  const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
  const verified = (...more: string[]) =>
    runCommand(verifyCommand, [join(folder, "receipt.json"), "--vkey", vkey, "--origin", service.origin, ...more], folder);
  expect(await verified("--preview", join(folder, "preview.json"))).toMatchObject({ exitCode: 0 });
  writeFileSync(join(folder, "preview.json"), JSON.stringify("Written by nobody.\n"));
  expect(await verified("--preview", join(folder, "preview.json"))).toMatchObject({ exitCode: 1 });
});

it("what is another file by then is not written over, and the agent is told to ask again", async () => {
  writeFileSync(join(files.folder, "plan.md"), "The plan.\n");
  const { path, id, url } = await asked("plan.md", "Another plan.\n");
  await sam.openApproval(url);
  writeFileSync(path, "A better plan.\n");
  await sam.decide("Approve", "Approved");
  const told = await call("resume_call", { request_id: id });
  expect(told.isError).toBe(true);
  expect(JSON.stringify(told.content)).toContain("preview_changed");
  expect(readFileSync(path, "utf8")).toBe("A better plan.\n");
});

it("where there is nothing to be seen nobody is asked", async () => {
  const path = join(files.folder, "new.md");
  const told = await call("write_file", { path, content: "New." }, { "dev.countersign/wait_seconds": 0 });
  expect(JSON.stringify(told.content)).toContain("preview_failed");
  expect(existsSync(path)).toBe(false);
});

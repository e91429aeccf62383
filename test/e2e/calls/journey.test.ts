/**
 * A call at the gateway from end to end, in real Chromium and against a server that others wrote: an admin adds the server and accepts
 * its tools, an agent's client calls one, an approver reads and signs on a phone, the gate makes the call, and what is recorded of it
 * verifies on the command line.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CallItem } from "#api/calls/call-data.ts";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { verifyCallCommand } from "#countersign/cli/verify/verify-call.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { startFilesystem } from "#test/support/servers/published-servers.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const DESK = { width: 1280, height: 900 };
const CONTENT = "Release 4.2.0\n- Accounts can be closed\n";

const folder = mkdtempSync(join(tmpdir(), "countersign-call-"));
let service: Service;
let browser: Browser;
/** An admin, on a desk, and an approver, on a phone: what is as grave as writing a file is not for the agent's owner to approve. */
let alex: BrowserPerson;
let sam: BrowserPerson;
let files: Awaited<ReturnType<typeof startFilesystem>>;
let client: Client;
let written: string;
let requestId: string;

beforeAll(async () => {
  [service, files, browser] = await Promise.all([
    startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }),
    startFilesystem(),
    enterChromium(),
  ]);
  written = join(files.folder, "notes.md");
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.page.setViewportSize(DESK);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
  sam = await BrowserPerson.at(browser, service.origin);
  await alex.confirm("sam", await sam.join(await alex.invite("sam", ["Approver"]), "sam", "Sam Okafor"));
  await sam.signIn();
});
afterEach(() => {
  for (const { complaints } of [alex, sam]) expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await client?.close();
  await leaveChromium();
  await Promise.all([service?.stop(), files?.stop()]);
  rmSync(service?.stateDir ?? folder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

const SHOTS = process.env["SCREENSHOTS"];
async function look({ page }: BrowserPerson, name: string): Promise<void> {
  expect(await violationsOn(page)).toEqual([]);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

/** A command of `countersign` on a file of this content, with the key of the service's log. */
async function verified(command: typeof verifyCommand, content: string): Promise<{ exitCode: number | null; stdout: string }> {
  const file = join(folder, "evidence.json");
  writeFileSync(file, content);
  const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
  return runCommand(command, [file, "--vkey", vkey, "--origin", service.origin, "--json"], folder, { COUNTERSIGN_STATE: folder });
}

const read = async (path: string, { page } = alex): Promise<string> => {
  const answer = await page.request.get(`${service.origin}${path}`);
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return answer.text();
};
const calls = async (query: string): Promise<CallItem[]> =>
  (JSON.parse(await read(`/api/v1/calls?${query}`)) as { items: CallItem[] }).items;

describe("in order:", () => {
  it("an admin adds the server and accepts its tools, each time with the passkey", async () => {
    const { page } = alex;
    await alex.open("/admin/servers");
    await alex.textbox("Name").fill("files");
    await alex.textbox("Address").fill(files.url);
    await alex.button("Add server").click();
    await page.getByText(/^0 of \d+ tools may be called\./).waitFor();
    await page.getByRole("checkbox", { name: "write_file", exact: true }).check();
    await alex.button("Accept tools").click();
    const tally = page.getByText(/^[1-9]\d* of \d+ tools may be called\./);
    await tally.waitFor();
    expect(await tally.count()).toBe(1);
    await look(alex, "call-tools");
  });

  it("publishes the rules that are proposed for them: reading passes, writing waits for a person", async () => {
    const { page } = alex;
    await alex.button("Propose rules in the policy").click();
    await page.waitForURL(`${service.origin}/admin/policy`);
    await alex.button("Publish policy").click();
    await page.getByRole("status").getByText("Version 1").first().waitFor();
    await alex.open("/admin/servers");
    const tool = (name: string) => page.getByRole("listitem").filter({ has: page.getByRole("checkbox", { name, exact: true }) });
    expect(await tool("write_file").textContent()).toContain("asks people");
    expect(await tool("read_text_file").textContent()).toContain("Accepted: calls pass");
  });

  it("a client lists them at the gate, reads at once, and calls one that waits", async () => {
    const { page } = alex;
    await alex.open("/admin/agents");
    await alex.textbox("Name").fill("release-bot");
    await alex.button("Create agent").click();
    const key = /csk_[0-9A-Za-z]{36}/.exec((await page.getByText("claude mcp add").first().textContent()) ?? "")?.[0] ?? "";
    client = new Client({ name: "journey", version: "1" });
    const requestInit = { headers: { "X-Api-Key": key } };
    await client.connect(new StreamableHTTPClientTransport(new URL("/mcp/files", service.origin), { requestInit }));
    const { tools } = await client.listTools();
    const tool = tools.find(({ name }) => name === "write_file");
    expect(tool?.description).toContain("A person may have to approve this here.");
    expect(tool?.inputSchema.properties).toHaveProperty("_reason");
    expect((await client.callTool({ name: "list_directory", arguments: { path: files.folder } })).isError).not.toBe(true);
  });

  it("the approver reads tool, arguments and risk on a phone, and signs; the waiting call gets the server's answer", async () => {
    const { page } = sam;
    let [link, number] = ["", ""];
    const hear = (message = ""): void => {
      link ||= /https?:\/\/\S+\/a\/apr_[\w-]+/.exec(message)?.[0] ?? "";
      number ||= /\(number to pick: (\d\d)\)/.exec(message)?.[1] ?? "";
    };
    const answer = client.callTool(
      { name: "write_file", arguments: { path: written, content: CONTENT, _reason: "Notes of the release" } },
      { timeout: 240_000, onprogress: ({ message }) => hear(message) },
    );
    await expect.poll(() => link).not.toBe("");
    requestId = link.slice(link.lastIndexOf("/") + 1);

    await sam.openApproval(link);
    const request = await page.locator("#request").textContent();
    expect(request).toContain("The gate calls the tool write_file of the server files at http://127.0.0.1:");
    expect(request).toContain("Notes of the release");
    expect(await page.getByRole("region", { name: "Risk" }).textContent()).toContain(
      "Critical risk The rule says high risk. The tool says of itself that it may destroy.",
    );
    const payload = await page.locator("#payload").textContent();
    for (const said of [written, "Release", "Accounts can be closed"]) expect(payload?.replaceAll("·", " ")).toContain(said);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await look(sam, "call-card");
    expect(existsSync(written)).toBe(false);
    await sam.pick(number);
    await sam.decide("Approve", "Approved");

    expect(await answer).toMatchObject({ content: [{ type: "text", text: `Successfully wrote to ${written}` }] });
    expect(readFileSync(written, "utf8")).toBe(CONTENT);
    await page.reload();
    await page.getByText("Display verified").waitFor();
    await look(sam, "call-done");
  });

  it("both calls are on record, as they ended", async () => {
    await expect
      .poll(() => calls("server=files"))
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ tool: "write_file", status: "succeeded", request_id: requestId }),
          expect.objectContaining({ tool: "list_directory", status: "succeeded", request_id: null }),
        ]),
      );
  });

  it("the receipt verifies offline and says that the gate made the call", async () => {
    const receipt = await read(`/api/v1/approvals/${requestId}/receipt`, sam);
    const { exitCode, stdout } = await verified(verifyCommand, receipt);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { valid: true, run_by_the_gate: true }]);
    const changed = receipt.replace("Accounts can be closed", "Accounts can be opened");
    expect(changed).not.toBe(receipt);
    expect((await verified(verifyCommand, changed)).exitCode).toBe(1);
  });

  it("so does the proof of a call that nobody was asked about", async () => {
    const [call] = await calls("tool=list_directory");
    const proof = await read(`/api/v1/calls/${call?.agent.id ?? ""}/${call?.number ?? 0}/proof`);
    const { exitCode, stdout } = await verified(verifyCallCommand, proof);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { valid: true, call: { tool: "list_directory", status: "succeeded" } }]);
    expect((await verified(verifyCallCommand, proof.replace("list_directory", "drop_directory"))).exitCode).toBe(1);
  });
});

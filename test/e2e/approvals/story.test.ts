/** One request from its asking to its outcome, as the person who approves it sees it, on pages that stay open: inbox, request, receipt. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { RestAgent } from "#test/support/rest-agent.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const PAYLOAD = { key: "signing", environment: "production" };

let service: Service;
let alex: BrowserPerson;
/** The same person's inbox, on another screen. */
let inbox: BrowserPerson;
let agent: RestAgent;

beforeAll(async () => {
  const [started, browser] = await Promise.all([startService(), enterChromium()]);
  service = started;
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.page.emulateMedia({ reducedMotion: "reduce" });
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("key-bot");
  await alex.button("Create agent").click();
  const line = await alex.page.getByText("claude mcp add").first().textContent();
  agent = new RestAgent(service.origin, /csk_[0-9A-Za-z]{36}/.exec(line ?? "")?.[0] ?? "");
  inbox = await BrowserPerson.at(browser, service.origin, alex);
  await inbox.open("/");
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

const story = () => alex.page.locator("#afterwards li").allInnerTexts();

test("from asking to the outcome, and to the checked receipt", async () => {
  const { view } = await agent.ask({ action: "Rotate the keys", payload: PAYLOAD });
  await inbox.page.locator("#list-waiting").getByRole("link", { name: "Rotate the keys" }).waitFor();
  expect(await inbox.page.title()).toBe("(1) Requests – Countersign");

  await alex.openApproval(view.approval_url);
  await alex.decide("Approve", "Approved");
  expect(await story()).toEqual([
    expect.stringMatching(/^Approved, /),
    expect.stringMatching(/^Not used yet\. The agent can use it once, until /),
  ]);
  await inbox.page.getByText("Nothing is waiting.").waitFor();
  await inbox.page.getByRole("link", { name: "Decided" }).click();
  await inbox.page.locator("#list-recent").getByText("Approved").waitFor();
  await inbox.open("/");

  expect((await agent.redeem(view.request_id, PAYLOAD)).status).toBe(200);
  await alex.page.getByText("key-bot used it").waitFor();
  expect((await agent.report(view.request_id, "succeeded")).status).toBe(200);
  await alex.page.getByText("The agent reported success").waitFor();
  expect(await violationsOn(alex.page)).toEqual([]);

  await alex.page.getByRole("link", { name: "Verify this receipt" }).click();
  await alex.page.getByRole("status").getByText("Valid: approved", { exact: true }).waitFor();
  expect(await violationsOn(alex.page)).toEqual([]);
  expect([...alex.complaints, ...inbox.complaints]).toEqual([]);
});

test("a request that is withdrawn goes from the inbox, and whoever has its page open is told", async () => {
  const { view } = await agent.ask({ action: "Rotate them again", payload: PAYLOAD });
  await inbox.page.locator("#list-waiting").getByRole("link", { name: "Rotate them again" }).waitFor();
  await alex.openApproval(view.approval_url);
  await agent.cancel(view.request_id, "Not needed");
  await alex.status("Cancelled");
  expect(await story()).toEqual([expect.stringMatching(/^Cancelled, /)]);
  await inbox.page.getByText("Nothing is waiting.").waitFor();
});

test("an auditor who decides nothing reads it, and agents and people, without a button", async () => {
  const link = await alex.invite("robin", ["Auditor"]);
  const robin = await BrowserPerson.at(await enterChromium(), service.origin);
  const digits = await robin.join(link, "robin", "Robin Example");
  await alex.confirm("robin", digits);
  expect(await robin.signIn()).toBe(true);
  await robin.page.getByText("As an auditor you can read every request and its receipt; you decide none.").waitFor();
  await robin.page.getByRole("link", { name: "Ended requests" }).click();
  await robin.page.getByRole("link", { name: "Rotate the keys" }).click();
  await robin.page.getByText("The agent reported success").waitFor();
  for (const [path, text] of [
    ["/admin/agents", "key-bot"],
    ["/admin/people", "Alex Example"],
  ] as const) {
    await robin.open(path);
    await robin.page.getByText(text).first().waitFor();
    // But for the search, which changes nothing.
    expect(await robin.page.locator("main form:not([role=search]), main button:not([role=search] *)").count()).toBe(0);
    expect(await violationsOn(robin.page)).toEqual([]);
  }
  expect(robin.complaints).toEqual([]);
});

/** A policy among three people, in their browsers: who is asked and why, who is not, whose signatures are enough, and what needs nobody. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { countersign } from "#test/support/command-line.ts";
import { RestAgent } from "#test/support/rest-agent.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const POLICY = `type: countersign/policy@v1
rules:
  - { name: reads, match: { tool: "get_*" }, effect: allow, risk: low }
  - name: deploys
    match: { tool: deploy_service }
    effect: require_approval
    risk: critical
    approvals: [{ groups: [release] }, { groups: [dba] }]
    escalate: [{ after: 5m, groups: [oncall] }]
`;
const PAYLOAD = { service: "api", env: "staging" };

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

let service: Service;
let browser: Browser;
let alex: BrowserPerson;
let blair: BrowserPerson;
let cleo: BrowserPerson;
let agent: RestAgent;
let key: string;

async function joins(username: string, groups: string): Promise<BrowserPerson> {
  const person = await BrowserPerson.at(browser, service.origin);
  const digits = await person.join(await alex.invite(username, ["Approver"], groups), username, `${username} Example`);
  await alex.confirm(username, digits);
  expect(await person.signIn()).toBe(true);
  return person;
}

beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), enterChromium()]);
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  blair = await joins("blair", "release");
  cleo = await joins("cleo", "dba, oncall");
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("deploy-bot");
  await alex.button("Create agent").click();
  await alex.page.locator("#created").waitFor();
  key = (await alex.page.locator("#key").textContent()) ?? "";
  agent = new RestAgent(service.origin, key);
  await alex.open("/admin/policy");
  await alex.textbox("Policy").fill(POLICY);
  await alex.button("Publish policy").click();
  await alex.page.getByRole("status").getByText("Version 1 is in force.").waitFor();
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

test("who is asked reads which rule asks, for whom, and why; the owner of the agent is not asked; two signatures are enough", async () => {
  const { view } = await agent.ask({ action: "Deploy api", tool: "deploy_service", payload: PAYLOAD });
  expect(view).toMatchObject({ status: "pending", rule: "deploys", required: 2 });

  await blair.openApproval(view.approval_url);
  const why = blair.page.locator(".why");
  expect(await why.locator("p").allInnerTexts()).toEqual([
    "With the tool deploy_service, as the agent says.",
    "The rule deploys asks for 1 of release and 1 of dba.",
    expect.stringMatching(/^Also from .*: cleo Example \(cleo\)\.$/),
    "Not asked, because the agent is theirs: Alex Example (alex).",
  ]);
  expect(await blair.page.getByRole("region", { name: "Risk" }).innerText()).toBe("Critical risk The rule says critical risk.");
  expect(await violationsOn(blair.page)).toEqual([]);
  for (const width of [390, 1280]) {
    await blair.page.setViewportSize({ width, height: 900 });
    expect(await blair.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  }
  await alex.page.goto(view.approval_url);
  expect(await alex.page.getByRole("button", { name: "Approve" }).count()).toBe(0);

  await blair.pick(String(view["match_code"]));
  await blair.decide("Approve", "Signed, 1 of 2");
  expect((await agent.redeem(view.request_id, PAYLOAD)).view.code).toBe("not_approved");
  await cleo.openApproval(view.approval_url);
  await cleo.pick(String(view["match_code"]));
  await cleo.decide("Approve", "Approved");
  expect(await agent.redeem(view.request_id, PAYLOAD)).toMatchObject({ status: 200, view: { basis: "passkeys" } });
});

test("what a rule lets pass asks nobody, and the command line redeems it only where it is told to", async () => {
  const env = { COUNTERSIGN_URL: service.origin, COUNTERSIGN_API_KEY: key };
  const { view } = await agent.ask({ action: "Look", tool: "get_status", payload: {} });
  expect(view).toMatchObject({ status: "approved", basis: "policy", rule: "reads" });
  const redeem = ["redeem", view.request_id, "--payload-json", "{}"];
  const refused = await countersign(ROOT, redeem, env);
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("basis_not_allowed")]);
  const allowed = await countersign(ROOT, [...redeem, "--allow-basis", "policy"], env);
  expect([allowed.exitCode, allowed.stdout]).toEqual([0, expect.stringContaining("no person has approved it")]);
  await blair.open("/");
  expect(await blair.page.getByRole("link", { name: "Look", exact: true }).count()).toBe(0);
});

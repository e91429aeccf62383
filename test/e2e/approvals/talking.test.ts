/** What people and an agent say to each other before a decision, in real browsers against the running service. */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type ApprovalView, RestAgent } from "#test/support/rest-agent.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const POLICY = `type: countersign/policy@v1
rules:
  - { name: drops, match: { tool: drop }, effect: require_approval, risk: high, separation: false }
`;
const PAYLOAD = { service: "api", replicas: 3 };

let service: Service;
let browser: Browser;
let alex: BrowserPerson;
/** Another window of hers. */
let elsewhere: BrowserPerson;

beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), enterChromium()]);
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  await alex.open("/admin/policy");
  await alex.textbox("Policy").fill(POLICY);
  await alex.button("Publish policy").click();
  await alex.page.getByRole("status").getByText("Version 1 is in force.").waitFor();
  elsewhere = await BrowserPerson.at(browser, service.origin, alex);
});
afterEach(() => {
  expect(alex.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

let made = 0;
/** One of its own for each test: what is denied of an agent is felt by what it asks for next. */
async function newAgent(): Promise<RestAgent> {
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill(`bot-${++made}`);
  await alex.button("Create agent").click();
  await alex.page.locator("#created").waitFor();
  return new RestAgent(service.origin, (await alex.page.locator("#key").textContent()) ?? "");
}
const ask = async (agent: RestAgent, more: object = {}): Promise<ApprovalView> =>
  (await agent.ask({ action: "Scale the api down", payload: PAYLOAD, idempotency_key: crypto.randomUUID(), ...more })).view;

/** Nothing is cut off on a phone, and nothing is wrong for assistive technology. */
async function expectSound(person: BrowserPerson): Promise<void> {
  // From the top: what the bar lies over half of is no target.
  await person.page.evaluate("scrollTo(0, 0)");
  expect(await violationsOn(person.page)).toEqual([]);
  expect(await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
}

const timeline = (person: BrowserPerson) => person.page.getByRole("region", { name: "Timeline" });
const approve = () => alex.button("Approve with passkey");

test("a question ends the agent's wait; its answer appears on every open page, as its own words", async () => {
  const agent = await newAgent();
  const view = await ask(agent);
  await alex.openApproval(view.approval_url);
  await elsewhere.openApproval(view.approval_url);
  const waiting = agent.read(view.request_id, 25);
  await alex.textbox("Question to the agent").fill("Why three <b>replicas</b>?");
  await alex.button("Ask back").click();
  await timeline(elsewhere).getByText("Why three <b>replicas</b>?").waitFor();
  expect((await waiting).view).toMatchObject({ status: "pending", question: { text: "Why three <b>replicas</b>?" } });
  expect(await alex.button("Ask back").isDisabled()).toBe(true);

  const answered = await agent.answer(view.request_id, "One for each <i>zone</i>.");
  expect(answered.status).toBe(200);
  for (const person of [alex, elsewhere]) await timeline(person).getByText("One for each <i>zone</i>.").waitFor();
  expect(await alex.button("Ask back").isEnabled()).toBe(true);
  expect(await timeline(alex).getByText("The agent’s own words").count()).toBe(1);
  await expectSound(alex);
  await alex.decide("Approve", "Approved");
  await elsewhere.status("Approved");
});

test("a question that nobody answers keeps nobody from deciding", async () => {
  const agent = await newAgent();
  const view = await ask(agent);
  await alex.openApproval(view.approval_url);
  await alex.textbox("Question to the agent").fill("Why?");
  await alex.button("Ask back").click();
  await timeline(alex).getByText("The agent has not answered yet.").waitFor();
  await alex.decide("Deny", "Denied");
  expect(await timeline(alex).getByText("The agent has not answered yet.").count()).toBe(0);
  expect((await agent.answer(view.request_id, "Too late.")).view.code).toBe("already_final");
});

test("what is grave is approved only with the number that the agent shows; a wrong pick is in the timeline", async () => {
  const agent = await newAgent();
  const view = await ask(agent, { tool: "drop" });
  const shown = String(view["match_code"]);
  await alex.openApproval(view.approval_url);
  const numbers = alex.page.getByRole("group", { name: "Number that the agent shows" }).getByRole("button");
  expect(await numbers.count()).toBe(3);
  expect(await alex.page.getByText("A number that somebody writes on this page does not count").isVisible()).toBe(true);
  expect([await approve().isDisabled(), await alex.button("Deny with passkey").isEnabled()]).toEqual([true, true]);
  await expectSound(alex);
  const other = (await numbers.allInnerTexts()).find((number) => number !== shown) ?? "";
  await alex.pick(other);
  await approve().click();
  await alex.page.getByRole("alert").getByText("That is not the number").waitFor();
  await timeline(alex).getByText("picked another number").waitFor();
  expect(await approve().isDisabled()).toBe(true);
  await alex.pick(shown);
  await alex.decide("Approve", "Approved");
  expect((await agent.read(view.request_id)).view).toMatchObject({ status: "approved" });
});

test("after two wrong picks one can only deny", async () => {
  const agent = await newAgent();
  const view = await ask(agent, { tool: "drop" });
  await alex.openApproval(view.approval_url);
  const numbers = alex.page.getByRole("group", { name: "Number that the agent shows" }).getByRole("button");
  const other = (await numbers.allInnerTexts()).find((number) => number !== view["match_code"]) ?? "";
  for (const said of ["once more", "only deny"]) {
    await alex.pick(other);
    await approve().click();
    await alex.page.getByRole("alert").getByText(said).waitFor();
  }
  await alex.pick(String(view["match_code"]));
  expect(await approve().isDisabled()).toBe(true);
  await alex.decide("Deny", "Denied");
});

test("a denial with words at hand reaches the agent; what else is grave of it waits for a while, counted down", async () => {
  const agent = await newAgent();
  const [one, two] = [await ask(agent, { tool: "drop" }), await ask(agent, { tool: "drop" })];
  await alex.openApproval(one.approval_url);
  await alex.textbox("Comment").focus();
  await alex.button("Wrong target").click();
  expect(await alex.textbox("Comment").inputValue()).toBe("Wrong target");
  await alex.button("Too broad").click();
  expect(await alex.textbox("Comment").inputValue()).toBe("Too broad");
  await alex.decide("Deny", "Denied");
  expect((await agent.read(one.request_id)).view).toMatchObject({
    comment: "Too broad",
    next: expect.stringContaining("Too broad") as string,
  });

  await alex.openApproval(two.approval_url);
  await alex.pick(String(two["match_code"]));
  await alex.page
    .locator("#hint")
    .getByText(/You can approve in \d+ seconds?\./)
    .waitFor();
  expect([await approve().isDisabled(), await alex.button("Deny with passkey").isEnabled()]).toEqual([true, true]);
  const before = await alex.page.locator("#hint").innerText();
  await alex.page.waitForFunction((said) => document.getElementById("hint")?.innerText !== said, before);
  await alex.decide("Deny", "Denied");
});

test("a change is proposed with a denial, seen as what differs, and named on the page of the ask that follows", async () => {
  const agent = await newAgent();
  const view = await ask(agent);
  await alex.openApproval(view.approval_url);
  await alex.button("Propose a change").click();
  const field = alex.textbox("Payload that you would let pass");
  await field.fill('{ "service": "api", "replicas": 2, "replicas": 1 }');
  await alex.page.locator("#proposal-wrong").getByText(/\S/).waitFor();
  expect(await alex.button("Deny with passkey").isDisabled()).toBe(true);
  await field.fill('{ "service": "api", "replicas": 2 }');
  await alex.page.locator("#proposal-differs").getByText("replicas").first().waitFor();
  expect([await approve().isDisabled(), await alex.button("Deny with passkey").isEnabled()]).toEqual([true, true]);
  await expectSound(alex);
  await alex.decide("Deny", "Denied");
  await timeline(alex).getByText("proposed a change").waitFor();
  expect((await agent.read(view.request_id)).view).toMatchObject({
    status: "denied",
    proposal: { payload: { service: "api", replicas: 2 } },
  });

  const again = await ask(agent, { payload: { service: "api", replicas: 2 } });
  await alex.openApproval(again.approval_url);
  expect(await alex.page.locator(".as-proposed").innerText()).toBe("As Alex Example (alex) proposed when denying another request.");
  await alex.page.getByRole("link", { name: "another request" }).click();
  await alex.status("Denied");
});

test("near its end somebody gives more time: every open page is made anew, and what it shows then is what is signed", async () => {
  const agent = await newAgent();
  const view = await ask(agent, { expires_in_seconds: 240 });
  await alex.openApproval(view.approval_url);
  await elsewhere.openApproval(view.approval_url);
  await expectSound(alex);
  await alex.textbox("Comment").fill("Looking into it");
  const anew = [alex, elsewhere].map((person) => person.page.waitForEvent("load"));
  await alex.button("Give more time").click();
  await Promise.all(anew);
  for (const person of [alex, elsewhere]) {
    await person.page.getByText("Display verified").waitFor();
    await timeline(person).getByText("gave more time, until").waitFor();
  }
  expect(await alex.textbox("Comment").inputValue()).toBe("Looking into it");
  const later = (await agent.read(view.request_id)).view;
  expect(Date.parse(later.expires_at) - Date.parse(view.expires_at)).toBe(300_000);
  await alex.openApproval(view.approval_url);
  await alex.decide("Approve", "Approved");
  expect((await agent.redeem(view.request_id, PAYLOAD)).status).toBe(200);
});

/**
 * Several people at once against the running service, each at a browser of their own with a passkey of their own: joining,
 * deciding together, what one does appearing before the others, losing a passkey and getting in again.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-people-"));
let browser: Browser;
beforeAll(async () => {
  browser = await enterChromium();
});
afterAll(async () => {
  await leaveChromium();
  rmSync(folder, { recursive: true, force: true });
});

/** An agent as its program sees it, over REST. */
interface View {
  request_id: string;
  approval_url: string;
  status: string;
  approvals: number;
  required: number;
  decided_by?: { username: string; verdict: string }[];
}
function agentAt(origin: string, key: string) {
  const send = async (path: string, body?: object): Promise<View> => {
    const headers = { "X-Api-Key": key, "content-type": "application/json" };
    const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${origin}/api/v1/approvals${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<View>;
  };
  return {
    ask: (action: string, approvers: object) => send("", { action, payload: { service: "api", replicas: 3 }, approvers, wait_seconds: 0 }),
    read: (id: string, wait = 0) => send(`/${id}?wait=${wait}`),
    cancel: (id: string, reason: string) => send(`/${id}/cancel`, { reason }),
    async receipt(id: string): Promise<string> {
      return (await fetch(`${origin}/api/v1/approvals/${id}/receipt`, { headers: { "X-Api-Key": key } })).text();
    },
  };
}

/** The key on the page of a new agent. */
const keyOn = async ({ page }: BrowserPerson): Promise<string> => (await page.locator("#key").textContent()) ?? "";

/** Runs `countersign verify` on a receipt; gives its exit code. */
async function verify(origin: string, receipt: string): Promise<number> {
  const file = join(folder, "receipt.json");
  writeFileSync(file, receipt);
  const vkey = (await (await fetch(`${origin}/log/vkey`)).text()).trim();
  const args = ["scripts/run.mjs", "countersign", "verify", file, "--vkey", vkey, "--origin", origin];
  try {
    await promisify(execFile)("node", args);
    return 0;
  } catch (error) {
    return (error as { code: number }).code;
  }
}

describe("three people, one admin:", () => {
  let service: Service;
  let agent: ReturnType<typeof agentAt>;
  let alex: BrowserPerson;
  let sam: BrowserPerson;
  let kim: BrowserPerson;

  beforeAll(async () => {
    service = await startService();
    [alex, sam, kim] = await Promise.all([
      BrowserPerson.at(browser, service.origin),
      BrowserPerson.at(browser, service.origin),
      BrowserPerson.at(browser, service.origin),
    ]);
  });
  afterEach(() => {
    expect([alex, sam, kim].flatMap(({ complaints }) => complaints.splice(0))).toEqual([]);
  });
  afterAll(async () => {
    await service?.stop();
    rmSync(service?.stateDir ?? folder, { recursive: true, force: true });
  });

  it("the first person invites two, who make passkeys that open nothing until their digits were compared", async () => {
    await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
    const toSam = await alex.invite("sam", ["Approver"]);
    const toKim = await alex.invite("kim", ["Approver"], "release-managers");
    expect(await violationsOn(alex.page)).toEqual([]);

    const [ofSam, ofKim] = await Promise.all([sam.join(toSam, "sam", "Sam Okafor"), kim.join(toKim, "kim", "Kim Lindqvist")]);
    expect(ofSam).toMatch(/^(\d{4} ){5}\d{4}$/);
    expect(ofKim).not.toBe(ofSam);
    expect(await violationsOn(sam.page)).toEqual([]);
    expect(await Promise.all([sam.signIn(), kim.signIn()])).toEqual([false, false]);

    expect(await alex.confirm("sam", ofSam)).toContain("Passkey of sam confirmed.");
    expect(await alex.confirm("kim", ofKim)).toContain("Passkey of kim confirmed.");
    expect(await Promise.all([sam.signIn(), kim.signIn()])).toEqual([true, true]);
  });

  it("an invite works once", async () => {
    const link = await alex.invite("robin", ["Auditor"]);
    const [first, second] = [await BrowserPerson.at(browser, service.origin), await BrowserPerson.at(browser, service.origin)];
    await first.join(link, "robin", "Robin");
    await second.page.goto(link);
    await second.textbox("Username").fill("robin");
    await second.textbox("Display name").fill("Somebody else");
    await second.button("Create passkey").click();
    await second.page.getByRole("alert").getByText("This invitation is not valid").waitFor();
    await alex.open("/admin/people");
    await alex.button("Discard").click();
    await alex.button("Discard passkey").click();
    expect(await alex.said()).toBe("The waiting passkey of robin is discarded.");
    expect(await first.signIn()).toBe(false);
    await Promise.all([first.context.close(), second.context.close()]);
  });

  it("an admin makes an agent", async () => {
    await alex.open("/admin/agents");
    await alex.textbox("Name").fill("release-bot");
    await alex.button("Create agent").click();
    await alex.page.getByRole("heading", { name: "Agent release-bot is ready" }).waitFor();
    const key = await keyOn(alex);
    expect(key).toMatch(/^csk_[0-9A-Za-z]{36}$/);
    agent = agentAt(service.origin, key);
  });

  it("two sign: each signature appears at once before the other, and before the agent", async () => {
    const asked = await agent.ask("Deploy api", { users: ["sam", "kim"], required: 2 });
    expect(asked).toMatchObject({ status: "pending", approvals: 0, required: 2 });
    const waiting = agent.read(asked.request_id, 50);
    await Promise.all([sam.openApproval(asked.approval_url), kim.openApproval(asked.approval_url)]);
    await kim.page.evaluate(() => (document.title = "never reloaded"));

    await sam.decide("Approve", "Signed, 1 of 2");
    await kim.status("Signed, 1 of 2");
    expect(await kim.page.locator("#outcome").innerText()).toBe(
      "Sam Okafor (sam) has signed. One more signature is needed, and you can give it.",
    );
    expect(await kim.page.locator("#signatures").innerText()).toMatch(/^Sam Okafor \(sam\) approved, [^]*Awaited: you$/);
    expect(await kim.page.title()).toBe("never reloaded");
    expect(await kim.button("Approve with passkey").isEnabled()).toBe(true);
    expect(await sam.page.locator("#signatures").innerText()).toMatch(/Awaited: Kim Lindqvist \(kim\)$/);
    expect(await sam.button("Approve with passkey").count()).toBe(0);
    expect(await agent.read(asked.request_id)).toMatchObject({ status: "pending", approvals: 1 });
    expect(await violationsOn(kim.page)).toEqual([]);

    await kim.decide("Approve", "Approved");
    await sam.status("Approved");
    expect(await waiting).toMatchObject({ status: "approved", approvals: 2 });
    const receipt = await agent.receipt(asked.request_id);
    const { final } = JSON.parse(receipt) as { final: { record: { decisions: { statement: { approver: { username: string } } }[] } } };
    expect(final.record.decisions.map(({ statement }) => statement.approver.username)).toEqual(["sam", "kim"]);
    expect(await verify(service.origin, receipt)).toBe(0);
    expect(await verify(service.origin, receipt.replace('"replicas":3', '"replicas":4'))).toBe(1);
  });

  it("one denial ends it for all, whoever has signed before", async () => {
    const asked = await agent.ask("Delete the archive", { users: ["sam", "kim"], required: 2 });
    await Promise.all([sam.openApproval(asked.approval_url), kim.openApproval(asked.approval_url)]);
    await sam.decide("Approve", "Signed, 1 of 2");
    await kim.page.getByRole("textbox", { name: "Comment" }).fill("Not before Monday.");
    await kim.decide("Deny", "Denied");
    await sam.status("Denied");
    expect(await sam.page.locator("#signatures").innerText()).toContain("Not before Monday.");
    expect(await agent.read(asked.request_id)).toMatchObject({ status: "denied" });
    expect(await verify(service.origin, await agent.receipt(asked.request_id))).toBe(0);
  });

  it("an agent that withdraws is heard on every open page, with its reason", async () => {
    const asked = await agent.ask("Rotate the key", { users: ["sam", "kim"], required: 2 });
    await Promise.all([sam.openApproval(asked.approval_url), kim.openApproval(asked.approval_url)]);
    await sam.decide("Approve", "Signed, 1 of 2");
    await agent.cancel(asked.request_id, "Done by hand\u202e meanwhile");
    for (const { page } of [sam, kim]) {
      await page.getByRole("status").getByText("Cancelled", { exact: true }).waitFor();
      expect(await page.locator("#outcome").innerText()).toContain("The agent withdrew its request");
      expect(await page.locator("#signatures").innerText()).toMatch(/own words\s+Done by handU\+202E meanwhile/);
    }
    await kim.page.reload();
    expect(await kim.page.locator("#signatures").innerText()).toContain("Done by handU+202E meanwhile");
    expect(await violationsOn(kim.page)).toEqual([]);
  });

  it("roles and groups are changed by an admin’s signature, and a group can be asked", async () => {
    await alex.open("/admin/people");
    await alex.page.getByRole("listitem").filter({ hasText: "Sam Okafor" }).getByRole("button", { name: "Change roles" }).click();
    await alex.page.getByRole("dialog").getByRole("textbox", { name: "Groups" }).fill("release-managers");
    await alex.button("Sign change").click();
    expect(await alex.said()).toBe("sam has the new roles.");
    const asked = await agent.ask("Release", { groups: ["release-managers"], required: 2 });
    await Promise.all([sam.openApproval(asked.approval_url), kim.openApproval(asked.approval_url)]);
    await alex.page.goto(asked.approval_url);
    await alex.page.getByRole("heading", { name: "Nothing here for you" }).waitFor();
    await kim.decide("Approve", "Signed, 1 of 2");
    await sam.status("Signed, 1 of 2");
    await sam.decide("Approve", "Approved");
    await kim.status("Approved");
  });

  it("a second passkey, added in /account, works once an admin has confirmed it", async () => {
    const phone = await BrowserPerson.at(browser, service.origin, sam);
    await phone.open("/account");
    await phone.textbox("Name of the new passkey").fill("phone");
    await phone.button("Add passkey").click();
    expect(await phone.said()).toBe("Passkey added. It waits for an admin: read its digits to one.");
    const digits = await phone.digits();
    expect(await violationsOn(phone.page)).toEqual([]);
    await phone.button("Sign out").click();
    await phone.button("Sign in with passkey").waitFor();
    expect(await phone.signIn()).toBe(false);
    expect(await alex.confirm("sam", digits)).toContain("Passkey of sam confirmed.");
    expect(await phone.signIn()).toBe(true);
    await phone.open("/account");
    expect(await phone.page.locator("#passkeys").innerText()).toMatch(/phone\s[^]*you are signed in with it/);

    const asked = await agent.ask("Restart", { users: ["sam"], required: 1 });
    await phone.openApproval(asked.approval_url);
    await phone.decide("Approve", "Approved");
    expect(await verify(service.origin, await agent.receipt(asked.request_id))).toBe(0);

    // Signing out on the phone ended the session that both had shared.
    expect(await sam.signIn()).toBe(true);
    await sam.open("/account");
    await sam.page.getByRole("listitem").filter({ hasText: "phone" }).getByRole("button", { name: "Revoke" }).click();
    await sam.button("Revoke passkey").click();
    expect(await sam.said()).toBe("Passkey revoked.");
    await phone.page.reload();
    await phone.button("Sign in with passkey").waitFor();
    expect(phone.complaints).toEqual([]);
    await phone.context.close();
  });

  it("revoking ends the sessions of that passkey at once; a new passkey lets its owner in again, as who they were", async () => {
    await kim.open("/");
    await kim.page.getByRole("heading", { name: "Waiting for you" }).waitFor();
    await alex.open("/admin/people");
    await alex.page.getByRole("listitem").filter({ hasText: "Kim Lindqvist" }).getByRole("button", { name: "Revoke" }).click();
    await alex.button("Revoke passkey").click();
    expect(await alex.said()).toBe("A passkey of kim is revoked.");
    expect((await kim.page.request.get(`${service.origin}/api/v1/me`)).status()).toBe(401);
    await kim.page.reload();
    await kim.button("Sign in with passkey").waitFor();
    expect(await kim.signIn()).toBe(false);

    await alex.button("New passkey for kim").click();
    const link = await alex.inviteLink("New passkey for kim");
    const anew = await BrowserPerson.at(browser, service.origin);
    const digits = await anew.join(link, "kim", "Kim Lindqvist");
    expect(await anew.signIn()).toBe(false);
    expect(await alex.confirm("kim", digits)).toContain("Passkey of kim confirmed.");
    expect(await anew.signIn()).toBe(true);
    await anew.open("/account");
    expect(await anew.page.locator("main").innerText()).toMatch(/Kim Lindqvist[^]*approver[^]*release-managers[^]*Revoked/);
    expect(await kim.signIn()).toBe(false);
    expect(anew.complaints).toEqual([]);
    await anew.context.close();
  });

  it("the last admin stays", async () => {
    await alex.open("/account");
    await alex.button("Revoke").click();
    await alex.button("Revoke passkey").click();
    await alex.page.getByRole("dialog").getByText("Make somebody else an admin first.").waitFor();
    await alex.page.reload();
    expect(await alex.page.locator("#passkeys").innerText()).toContain("you are signed in with it");
  });
});

describe("two admins have to sign:", () => {
  let service: Service;
  let alex: BrowserPerson;
  let sam: BrowserPerson;

  beforeAll(async () => {
    service = await startService({ env: { ADMINS_REQUIRED: "2" } });
    [alex, sam] = await Promise.all([BrowserPerson.at(browser, service.origin), BrowserPerson.at(browser, service.origin)]);
  });
  afterEach(() => {
    expect([alex, sam].flatMap(({ complaints }) => complaints.splice(0))).toEqual([]);
  });
  afterAll(async () => {
    await service?.stop();
    rmSync(service?.stateDir ?? folder, { recursive: true, force: true });
  });

  it("the first alone lets the second in, as long as there is no other", async () => {
    await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
    const digits = await sam.join(await alex.invite("sam", ["Approver", "Admin"]), "sam", "Sam Okafor");
    expect(await alex.confirm("sam", digits)).toContain("Passkey of sam confirmed.");
    expect(await sam.signIn()).toBe(true);
  });

  it("a passkey is confirmed when both have signed", async () => {
    const kim = await BrowserPerson.at(browser, service.origin);
    const digits = await kim.join(await alex.invite("kim", ["Approver"]), "kim", "Kim Lindqvist");
    expect(await alex.confirm("kim", digits)).toBe("1 of 2 admins have signed. Another admin has to sign the same before it takes effect.");
    await alex.page.getByText("Signed by you. Waiting for a second admin’s signature.").waitFor();
    expect(await violationsOn(alex.page)).toEqual([]);
    expect(await kim.signIn()).toBe(false);

    await sam.open("/admin/people");
    await sam.page.getByText("1 of 2 admins have signed: alex.", { exact: true }).waitFor();
    expect(await sam.confirm("kim", digits)).toContain("Passkey of kim confirmed.");
    expect(await kim.signIn()).toBe(true);
    expect(kim.complaints).toEqual([]);
    await kim.context.close();
  });

  it("roles are changed when both have signed the same", async () => {
    await alex.open("/admin/people");
    await alex.page.getByRole("listitem").filter({ hasText: "Kim Lindqvist" }).getByRole("button", { name: "Change roles" }).click();
    await alex.page.getByRole("dialog").getByRole("checkbox", { name: "Auditor" }).check();
    await alex.button("Sign change").click();
    expect(await alex.said()).toContain("1 of 2 admins have signed.");
    await sam.open("/admin/people");
    await sam.page.getByText("1 of 2 admins have signed: alex.", { exact: true }).waitFor();
    await sam.button("Sign roles of kim").click();
    expect(await sam.said()).toBe("kim has the new roles.");
    expect(await sam.page.getByRole("listitem").filter({ hasText: "Kim Lindqvist" }).innerText()).toMatch(/approver, auditor/);
  });

  it("an agent is made when both have signed, and its key is shown to the second alone", async () => {
    await alex.open("/admin/agents");
    await alex.textbox("Name").fill("release-bot");
    await alex.button("Create agent").click();
    await alex.page.getByText("Signed by you. Waiting for a second admin’s signature.", { exact: true }).waitFor();
    expect(await alex.page.getByText("csk_").count()).toBe(0);
    await sam.open("/admin/agents");
    await sam.page.getByText("1 of 2 admins have signed: alex.", { exact: true }).waitFor();
    await sam.button("Sign for release-bot").click();
    await sam.page.getByRole("heading", { name: "Agent release-bot is ready" }).waitFor();
    const agent = agentAt(service.origin, await keyOn(sam));
    expect(await agent.ask("Deploy", { users: ["alex"] })).toMatchObject({ status: "pending" });
    await alex.page.reload();
    expect(await alex.page.getByRole("heading", { name: "Waiting for a second admin’s signature" }).count()).toBe(0);
    expect(await alex.page.getByRole("listitem").filter({ hasText: "release-bot" }).innerText()).toContain("owner alex");
  });
});

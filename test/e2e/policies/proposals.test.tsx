/** What the policy's page makes of a proposal: a draft in the editor where it decides, tried on past requests, and nothing that is published. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ProposalItem } from "#api/policies/proposal-data.ts";
import { PolicyPage } from "#pages/policies/policy-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";
import { ALEX } from "#test/support/documents/approval-data.ts";

const TEXT =
  "type: countersign/policy@v1\nrules:\n  - { name: first, match: { tool: x }, effect: deny }\n  # Money.\n  - name: payments\n    effect: require_approval\n";
const ITEM: ProposalItem = {
  name: "approved-pay-0123abcd",
  agent: "release <bot>",
  group: null,
  source: "call",
  server: "bank",
  tool: "pay",
  action: null,
  members: [
    { member: "amount", bound: "range", values: [10, 250.5], optional: false },
    { member: "to", bound: "one_of", values: ["acme", "bolt\u202egnp"], optional: false },
    { member: "note", bound: "fixed", values: ["urgent"], optional: true },
  ],
  risk: "medium",
  condition: "true",
  rule: "# Proposed: approved 3 times by 2 people, never denied.\n- name: approved-pay-0123abcd\n  match:\n    tool: pay\n  effect: allow\n  risk: medium",
  before: "payments",
  people: 2,
  requests: [1, 2, 3].map((n) => ({ id: `apr_${String(n).repeat(32)}`, approved_at: "2026-11-20T09:30:00.000Z" })),
};
const policyPage = (
  <PolicyPage
    person={{ id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true }}
    inForce={null}
    inForceSource=""
    versions={[]}
    older={null}
    waiting={[]}
    names={new Map()}
    shown={null}
    text={TEXT}
    checked={null}
    loaded={null}
    known={{ groups: [], users: ["alex"], agentGroups: [] }}
  />
);

let browser: Browser;
let page: Page;
let sent: string[] = [];
let replayed: unknown = null;
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
});
beforeEach(() => {
  sent = [];
});
afterAll(leaveChromium);

const open = (path: string, items: readonly ProposalItem[]) =>
  openPage(page, path, policyPage, (asked, request) => {
    sent.push(asked);
    if (asked.startsWith("/api/v1/policies/proposals")) return { json: { items } };
    if (asked !== "/api/v1/policies/replay") return undefined;
    replayed = (request.postDataJSON() as { source: string }).source;
    return { json: { looked_at: 4, not_looked_at: 0, changed: [] } };
  });
const status = (text: string) => page.getByRole("status").getByText(text).waitFor();

test("a proposal is listed with its bounds and its approvals; one button makes a draft, which is tried", async () => {
  await open("/admin/policy", [ITEM]);
  await status("From what people approved within 30 days.");
  const card = page.locator("[data-proposal]");
  await card.getByText("Approved 3 times by 2 people, never denied: let it pass?").waitFor();
  const shown = await card.textContent();
  for (const text of ["pay of bank by", "from 10 to 250.5", "one of acme", "always urgent, or left out"]) expect(shown).toContain(text);
  expect(shown).not.toContain("\u202e");
  expect(await violationsOn(page)).toEqual([]);
  await card.getByRole("button", { name: "Make a draft", exact: true }).click();
  await status("The draft is in the text. Nothing is published.");
  await status("Of the last 4 asks, none would have changed.");
  expect(replayed).toBe(
    TEXT.replace(
      "  # Money.",
      `${ITEM.rule
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n")}\n  # Money.`,
    ),
  );
  expect(sent).toEqual(["/api/v1/policies/proposals", "/api/v1/policies/replay"]);
  await card.getByRole("button", { name: "Make a draft", exact: true }).click();
  await page.getByRole("alert").getByText("This rule is in the text already.").waitFor();
});

test("the address makes a draft of one approved request", async () => {
  const { id = "" } = ITEM.requests[0] ?? {};
  await open(`/admin/policy?propose=${id}`, [ITEM]);
  await status("The draft is in the text. Nothing is published.");
  expect(sent[0]).toBe(`/api/v1/policies/proposals?request=${id}`);
  expect(replayed).toContain("approved-pay-0123abcd");
});

test("says so where nothing is proposed", async () => {
  await open("/admin/policy", []);
  await status("None: nothing that people are asked about was approved three times");
  expect(await page.locator("[data-proposal]").count()).toBe(0);
});

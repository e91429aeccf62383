/** The pages of the record in a browser, in each of their states: what they say, that all can use them, and what their scripts do. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditDetail, AuditEntry } from "#api/audit/audit-data.ts";
import type { CallStep } from "#api/calls/call-data.ts";
import { AuditEntryPage } from "#pages/audit/audit-entry-page.tsx";
import { AuditPage } from "#pages/audit/audit-page.tsx";
import { AuditSessionPage } from "#pages/audit/audit-session-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";
import { ALEX } from "#test/support/documents/approval-data.ts";

const PERSON = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: false, mayOversee: true };
const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  at: "2026-11-20T09:30:00.000Z",
  kind: "approval.approved",
  status: "approved",
  agent: { id: "agt_0123456789abcdefABCDEF", name: "export\u202e-bot" },
  people: [{ id: ALEX.id, username: "alex" }],
  rule: "exports",
  server: null,
  tool: "export_rows",
  request_id: `apr_${"a".repeat(32)}`,
  text: "Export customers\u202e to acme",
  leaf: { log: "gate.example.com/log", index: 1_204 },
  call: null,
  ...more,
});
const CALL = entry("b", {
  kind: "call",
  status: "blocked",
  people: [],
  text: "files.drop_table",
  leaf: null,
  call: { number: 7, session: "s" },
});
const UNKNOWN = entry("c", { kind: "thing.done", status: null, agent: null, people: [], rule: null, request_id: null, text: "" });
const WHOLE = { leaves: 1_205, of: 1_205 };

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
});
afterAll(leaveChromium);

const FOUND = { entries: [entry("a"), CALL, UNKNOWN], isFurther: false, next: "x", takenIn: WHOLE };
const NOTHING = { entries: [], isFurther: false, next: null, takenIn: WHOLE };
const PROPS = { person: PERSON, mayReadActions: true, filter: {}, found: FOUND, saved: [], refusal: null };
const FILTER = { q: "export", kind: "approval.approved", from: "2026-03-01", to: "2026-03-31" };
const STATES: Record<string, [Partial<Parameters<typeof AuditPage>[0]>, string]> = {
  rows: [{}, "This has all 1,205 entries of the transparency log."],
  empty: [{ found: NOTHING }, "Nothing yet."],
  "filtered and saved": [
    { filter: FILTER, saved: [{ name: "March\u202e", filter: FILTER, saved_at: "2026-11-20T09:30:00.000Z" }] },
    "Save this filter",
  ],
  "nothing found": [{ filter: FILTER, found: NOTHING }, "Nothing is like this."],
  "further on": [{ found: { ...FOUND, isFurther: true, next: null } }, "Newest"],
  behind: [{ found: { ...FOUND, takenIn: { leaves: 3, of: 1_205 } } }, "the first 3 of the 1,205 entries"],
  ahead: [{ found: { ...FOUND, takenIn: { leaves: 9, of: 5 } } }, "was put back in time"],
  "for an admin who does not audit": [{ mayReadActions: false }, "shown to auditors alone"],
  "not understood": [{ found: NOTHING, refusal: "from: there is no such time." }, "there is no such time."],
  "not available": [{ found: null }, "no database AUDIT"],
};

test.each(Object.entries(STATES))("the list, %s", async (_, [props, says]) => {
  await openPage(page, "/audit", <AuditPage {...PROPS} {...props} />, () => ({ json: {} }));
  expect(await violationsOn(page)).toEqual([]);
  const shown = (await page.locator("main").textContent()) ?? "";
  expect(shown).toContain(says);
  expect(shown).not.toContain("\u202e");
  const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(scroll).toBeLessThanOrEqual(width ?? 0);
});

test("what is searched for stands in the form, and goes along with exports; a bundle has the time alone", async () => {
  await openPage(page, "/audit", <AuditPage {...PROPS} filter={FILTER} />, () => ({ json: {} }));
  expect(await page.getByRole("searchbox", { name: "Search the record" }).inputValue()).toBe("export");
  expect(await page.getByLabel("Kind", { exact: true }).inputValue()).toBe("approval.approved");
  expect(await page.getByLabel("From", { exact: true }).inputValue()).toBe("2026-03-01");
  const sent = (name: string) =>
    page.getByRole("button", { name, exact: true }).evaluate((button: HTMLButtonElement) => {
      const data = new FormData(button.form ?? undefined, button);
      return `${button.form?.getAttribute("action")}?${[...data].map(([key, value]) => `${key}=${value as string}`).join("&")}`;
    });
  const filter = "q=export&kind=approval.approved&from=2026-03-01&to=2026-03-31";
  expect(await sent("Export CSV")).toBe(`/api/v1/audit/export?${filter}&format=csv`);
  expect(await sent("Export NDJSON")).toBe(`/api/v1/audit/export?${filter}&format=ndjson`);
  expect(await sent("Evidence bundle")).toBe("/api/v1/audit/export?from=2026-03-01&to=2026-03-31&format=bundle");
  expect(await page.getByRole("link", { name: "Older" }).getAttribute("href")).toBe(`/audit?${filter}&cursor=x`);
});

test("a filter is saved as it stands in the address, and forgotten", async () => {
  const sent: string[] = [];
  const saved = [{ name: "March", filter: FILTER, saved_at: "2026-11-20T09:30:00.000Z" }];
  await openPage(
    page,
    "/audit?q=export&kind=&cursor=x",
    <AuditPage {...PROPS} filter={{ q: "export" }} saved={saved} />,
    (path, request) => {
      sent.push(`${request.method()} ${path} ${JSON.stringify(request.postDataJSON())}`);
      return sent.length === 1
        ? { status: 400, json: { code: "invalid_request", detail: "No.", errors: [{ field: "name", message: "not this" }] } }
        : { json: {} };
    },
  );
  await page.getByRole("button", { name: "Save this filter" }).click();
  await page.getByText("Enter a name.").waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("My exports");
  await page.getByRole("button", { name: "Save this filter" }).click();
  await page.getByText("not this").waitFor();
  await page.getByRole("button", { name: "Save this filter" }).click();
  await page.getByText("My exports: saved.").waitFor();
  expect(sent).toEqual(Array(2).fill('PUT /api/v1/audit/filters/My%20exports {"filter":{"q":"export"}}'));
  await page.getByRole("button", { name: "Forget March" }).click();
  await page.getByText("March: forgotten.").waitFor();
  expect(sent.at(-1)).toBe("DELETE /api/v1/audit/filters/March null");
  expect(await page.getByText("None yet.").isVisible()).toBe(true);
});

const DETAIL: AuditDetail = {
  ...entry("a"),
  record: { kind: "approval.approved", action: "Export\u202e" },
  salt: "c2FsdA",
  links: { entry: "/log/entry/1204", proof: null, receipt: "/api/v1/approvals/apr_a/receipt", request: "/a/apr_a", session: null },
};

test.each([
  ["of a leaf", DETAIL, "Its place in the log, with the proof"],
  [
    "of a leaf that is not this reader's",
    { ...DETAIL, record: null, salt: null, text: "", links: { ...DETAIL.links, receipt: null, request: null } },
    "not yours to read",
  ],
  ["of an earlier log", { ...DETAIL, links: { ...DETAIL.links, entry: null } }, "entry 1,204 of an earlier log"],
  [
    "of a call",
    {
      ...DETAIL,
      ...CALL,
      links: { entry: null, proof: "/api/v1/calls/agt/7/proof", receipt: null, request: null, session: "/audit/sessions/s" },
    },
    "What proves this call",
  ],
  [
    "of what only a later version knows",
    { ...DETAIL, ...UNKNOWN, links: { entry: null, proof: null, receipt: null, request: null, session: null } },
    "thing.done",
  ],
] as const)("an entry, %s", async (_, detail, says) => {
  await openPage(page, "/audit/a", <AuditEntryPage person={PERSON} entry={detail} />, () => ({ json: {} }));
  expect(await violationsOn(page)).toEqual([]);
  const shown = (await page.locator("main").textContent()) ?? "";
  expect(shown).toContain(says);
  expect(shown).not.toContain("\u202e");
});

const step = (tool: string, asked: boolean): CallStep => ({
  call: {
    agent: { id: "agt_a", name: "export-bot" },
    number: 1,
    at: "2026-11-20T09:30:00.000Z",
    server: { id: "srv_a", name: "files" },
    method: "tools/call",
    tool,
    arguments_hash: null,
    arguments_bytes: 12,
    arguments: { text: `{"path":"/etc\u202e"}`, cut: true },
    trace: null,
  },
  judgement: { rule: "exports", policy: 3, schema_hash: null, code: asked ? null : "policy_denied", flags: [], count: 1 },
  request: asked ? { id: `apr_${"a".repeat(32)}`, url: "https://gate.example.com/a/x" } : null,
  result: {
    status: asked ? "succeeded" : "blocked",
    result_hash: null,
    result_bytes: 0,
    ms: 12,
    result: null,
    masked: [{ place: "$.a", by: "email", times: 2 }],
  },
});

test("a session goes step by step, by its keys and its buttons", async () => {
  const steps = [step("read_file", false), step("export_rows", true), step("drop_table", false)].map((one, n) => ({
    step: one,
    asked: n === 1 ? [entry("a")] : [],
    mayOpen: true,
  }));
  await openPage(
    page,
    "/audit/sessions/s",
    <AuditSessionPage person={PERSON} session={"s\u202e"} steps={steps} before={0} next="x" />,
    () => ({ json: {} }),
  );
  const at = page.getByRole("status");
  await at.getByText("Step 1 of 3").waitFor();
  const visible = async () => (await page.locator("[data-step]:visible h2").allTextContents()).join();
  expect(await visible()).toBe("Step 1: files.read_file");
  expect(await violationsOn(page)).toEqual([]);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowRight");
  await at.getByText("Step 2 of 3").waitFor();
  expect(await visible()).toBe("Step 2: files.export_rows");
  const shown = await page.locator("[data-step]:visible").innerText();
  expect(shown).toContain("alex");
  expect(shown).not.toContain("\u202e");
  expect(await violationsOn(page)).toEqual([]);
  await page.getByRole("button", { name: "Next step" }).click();
  await page.keyboard.press("ArrowRight");
  expect(await visible()).toBe("Step 3: files.drop_table");
  await page.getByRole("button", { name: "Previous step" }).click();
  expect(await visible()).toBe("Step 2: files.export_rows");
});

test.each([
  ["of which nothing is kept", [], "Nothing is kept of a session"],
  ["where there is no record of calls", null, "no database AUDIT"],
] as const)("a session %s", async (_, steps, says) => {
  await openPage(page, "/audit/sessions/s", <AuditSessionPage person={PERSON} session="s" steps={steps} before={0} next={null} />, () => ({
    json: {},
  }));
  expect(await violationsOn(page)).toEqual([]);
  expect(await page.locator("main").textContent()).toContain(says);
});

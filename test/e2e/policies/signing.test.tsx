/** What the policy's page signs: the hash of the very text that it shows, after the version that it knows, and nothing else. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import { policyHash } from "#countersign/policy/document/read-policy-document.ts";
import { PolicyPage } from "#pages/policies/policy-page.tsx";
import { PolicyRecordPage } from "#pages/policies/policy-record-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { ALEX, PASSKEY_ID } from "#test/support/documents/approval-data.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Asked, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

const NOW = "2026-11-20T09:30:00.000Z";
const TEXT = "type: countersign/policy@v1\nrules: []\n";
const HASH = policyHash({ type: "countersign/policy@v1", rules: [] });
const OTHER = policyHash({ type: "countersign/policy@v1", defaults: { effect: "allow" } });
const IN_FORCE = {
  version: 3,
  hash: "3".repeat(64),
  previous: "2".repeat(64),
  published_at: NOW,
  signed_by: [{ id: ALEX.id, username: "alex" }],
  leaf_index: 7,
};
const policyPage = (
  <PolicyPage
    person={{ id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true }}
    inForce={IN_FORCE}
    inForceSource={"type: countersign/policy@v1\n"}
    versions={[IN_FORCE]}
    older={null}
    waiting={[]}
    names={new Map([[ALEX.id, "alex"]])}
    shown={null}
    text={TEXT}
    checked={null}
    loaded={null}
    known={{ groups: [], users: ["alex"], agentGroups: [] }}
  />
);

let browser: Browser;
let page: Page;
let sent: { path: string; body: Record<string, unknown> | null }[] = [];
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
  await withPasskey(page);
});
beforeEach(() => {
  sent = [];
});
afterAll(leaveChromium);

interface Statement {
  type: string;
  origin: string;
  operation: string;
  parameters: object;
  admin: string;
  nonce: string;
}
const statement = (changed: Partial<Statement> = {}): Statement => ({
  type: "countersign/admin@v1",
  origin: ORIGIN,
  operation: "policy.published",
  parameters: { version: 4, hash: HASH, previous: IN_FORCE.hash },
  admin: ALEX.id,
  nonce: b64u(new Uint8Array(32).fill(3)),
  ...changed,
});

const publish = () => page.getByRole("button", { name: "Publish policy", exact: true }).click();

/** Opens the page; the service gives that to sign. */
async function open(made: Statement): Promise<void> {
  await openPage(page, "/admin/policy", policyPage, (path: string, request: Asked) => {
    if (path === "/api/v1/policies/proposals") return { json: { items: [] } };
    sent.push({ path, body: request.postDataJSON() as Record<string, unknown> | null });
    if (path === "/admin/policy/statement")
      return { json: { statement: made, credentials: [{ id: PASSKEY_ID, transports: ["internal"] }], rp_id: "localhost" } };
    return path === "/api/v1/policies" && request.method() === "POST" ? { status: 201, json: { version: 4, hash: HASH } } : undefined;
  });
}

test("whoever only reads it is shown versions, what one changed and what waits, and nothing to press", async () => {
  const waiting = {
    version: 4,
    hash: HASH,
    source: TEXT,
    signatures: 1,
    required: 2,
    signed_by: [ALEX.id],
    operation: OTHER,
    expires_at: NOW,
    follows: true,
  };
  const shown = { version: 3, source: TEXT, against: 2, againstSource: "type: countersign/policy@v1\nmode: observe\n" };
  const known = { inForce: IN_FORCE, inForceSource: "", versions: [IN_FORCE], older: null, waiting: [waiting], names: new Map(), shown };
  const reader = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: false, mayOversee: true };
  await openPage(page, "/admin/policy?version=3", <PolicyRecordPage person={reader} {...known} />);
  await page.getByRole("heading", { name: "Version 3", exact: true }).waitFor();
  await page.getByRole("table", { name: "Version 3 against version 2" }).waitFor();
  expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  expect(await page.getByRole("textbox").count()).toBe(0);
  expect(await violationsOn(page)).toEqual([]);
});

test("signs what it shows, and shows what is in force then", async () => {
  await open(statement());
  const again = page.waitForEvent("load");
  await publish();
  await again;
  expect(sent.map(({ path }) => path)).toEqual(["/admin/policy/statement", "/api/v1/policies"]);
  expect(sent[1]?.body).toMatchObject({
    source: TEXT,
    based_on: 3,
    authorisation: [{ statement: statement(), credential_id: PASSKEY_ID }],
  });
});

test.each([
  ["the hash of another text", statement({ parameters: { version: 4, hash: OTHER, previous: IN_FORCE.hash } })],
  ["another version", statement({ parameters: { version: 5, hash: HASH, previous: IN_FORCE.hash } })],
  ["another version before", statement({ parameters: { version: 4, hash: HASH, previous: "9".repeat(64) } })],
  ["no version before", statement({ parameters: { version: 4, hash: HASH, previous: null } })],
  ["another admin", statement({ admin: "usr_other" })],
  ["another origin", statement({ origin: "https://evil.example" })],
  ["another operation", statement({ operation: "role.changed" })],
  ["more than a policy", statement({ parameters: { version: 4, hash: HASH, previous: IN_FORCE.hash, roles: ["admin"] } })],
])("signs nothing for a statement with %s", async (_, made) => {
  await open(made);
  await publish();
  await page.getByRole("alert").getByText("Nothing was signed").waitFor();
  expect(sent.map(({ path }) => path)).toEqual(["/admin/policy/statement"]);
});

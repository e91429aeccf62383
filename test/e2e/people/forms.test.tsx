/** The other pages in a real browser: what their scripts check, ask and say. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import type { ListedAgent } from "#pages/agents/agent-view.ts";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import type { ProposedAgent } from "#api/people-data.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { inboxData, inboxRow } from "#test/support/documents/inbox-data.ts";
import { ErrorPage, NotForYouPage } from "#pages/kit/message-page.tsx";
import { SetupClosedPage, SetupPage } from "#pages/people/joining/setup-page.tsx";
import { SignInPage } from "#pages/sessions/sign-in-page.tsx";
import { ALEX, PASSKEY_ID, SAM } from "#test/support/documents/approval-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Asked, type Answer, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

const NONCE = b64u(new Uint8Array(32).fill(3));
const ADMIN = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true };
const NOW = "2026-11-20T09:30:00.000Z";
const HOSTILE = "bot\u202e <b>x</b>";
const AGENTS = [
  { id: "agt_1", name: "release-bot", owner: ALEX.id, ownerName: "Alex Doe", groups: [], createdAt: NOW, revokedAt: null, stopped: null },
  { id: "agt_2", name: HOSTILE, owner: ALEX.id, ownerName: HOSTILE, groups: [HOSTILE], createdAt: NOW, revokedAt: NOW, stopped: null },
  {
    id: "agt_3",
    name: HOSTILE,
    owner: ALEX.id,
    ownerName: HOSTILE,
    groups: [HOSTILE, "payments"],
    createdAt: NOW,
    revokedAt: null,
    stopped: { number: 1, since: NOW, by: { id: SAM.id, username: "sam" } },
  },
] satisfies ListedAgent[];
const KEY = `csk_${"k".repeat(36)}`;
const agentsPage = (agents: readonly ListedAgent[], waiting: readonly ProposedAgent[] = []) => (
  <AgentsPage person={ADMIN} agents={agents} waiting={waiting} names={new Map([[SAM.id, "sam"]])} origin={ORIGIN} />
);

let browser: Browser;
let page: Page;
/** Path and body of everything that was sent. */
let sent: { path: string; method: string; body: Record<string, unknown> | null }[] = [];

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
  await withPasskey(page);
});
beforeEach(() => {
  sent = [];
});
afterAll(leaveChromium);

const button = (name: string) => page.getByRole("button", { name, exact: true });
const textbox = (name: string) => page.getByRole("textbox", { name, exact: true });
const alert = () => page.getByRole("alert");

/** Notes what is sent, and answers each path with what stands in `answers`. */
const answering =
  (answers: Record<string, { status?: number; json: unknown }>): Answer =>
  (path: string, request: Asked) => {
    sent.push({ path, method: request.method(), body: request.postDataJSON() as Record<string, unknown> | null });
    return answers[path];
  };

const invalid = (errors: { field: string; message: string }[]) => ({
  status: 400,
  json: { type: "about:blank", title: "Bad request", status: 400, code: "invalid_request", detail: "A field is not right.", errors },
});

describe("setup", () => {
  test("takes the token out of the address at once, and sends it with what was typed", async () => {
    await openPage(
      page,
      "/setup#secret-token",
      <SetupPage />,
      answering({ "/setup/options": invalid([{ field: "username", message: "Taken." }]) }),
    );
    expect(page.url()).toBe(`${ORIGIN}/setup`);
    await textbox("Username").fill("alex");
    await textbox("Display name").fill(" Alex Doe ");
    await button("Create passkey").click();
    await page.getByText("Taken.", { exact: true }).waitFor();
    expect(sent).toEqual([
      { path: "/setup/options", method: "POST", body: { token: "secret-token", username: "alex", display_name: "Alex Doe" } },
    ]);
    expect(await textbox("Username").getAttribute("aria-invalid")).toBe("true");
    expect(await violationsOn(page)).toEqual([]);
  });

  test("says beside the field what is wrong, and sends nothing", async () => {
    await openPage(page, "/setup#secret-token", <SetupPage />, answering({}));
    await textbox("Username").fill("Alex Doe");
    await button("Create passkey").click();
    await page.getByText("Start with a small letter or a digit").waitFor();
    await page.getByText("Enter a name.", { exact: true }).waitFor();
    expect(await textbox("Username").evaluate((field) => field === document.activeElement)).toBe(true);
    expect(sent).toEqual([]);
  });

  test("without a token says that the link is incomplete", async () => {
    await openPage(page, "/setup", <SetupPage />);
    expect(await alert().textContent()).toContain("This link is incomplete.");
    await page.evaluate(() => (location.hash = "secret-token"));
    // The page loads again, so its message is gone for a moment before its script has run.
    await page.waitForURL(`${ORIGIN}/setup`);
    await alert().waitFor({ state: "hidden" });
  });
});

describe("signing in", () => {
  const OPTIONS = { challenge: NONCE, rpId: "localhost", allowCredentials: [], userVerification: "required" };

  test("goes to the page that was asked for", async () => {
    const answers = { "/sign-in/options": { json: { options: OPTIONS, nonce: NONCE } }, "/sign-in/finish": { json: {} } };
    await openPage(page, "/sign-in", <SignInPage next="/a/apr_x" />, answering(answers));
    await button("Sign in with passkey").click();
    await page.waitForURL(`${ORIGIN}/a/apr_x`);
    expect(sent.map(({ path }) => path)).toEqual(["/sign-in/options", "/sign-in/finish"]);
    expect(sent[1]?.body).toMatchObject({ nonce: NONCE, response: { id: PASSKEY_ID, type: "public-key" } });
  });

  test("never leaves the service", async () => {
    const answers = { "/sign-in/options": { json: { options: OPTIONS, nonce: NONCE } }, "/sign-in/finish": { json: {} } };
    await openPage(page, "/sign-in", <SignInPage next="//evil.example/" />, answering(answers));
    await button("Sign in with passkey").click();
    await page.waitForURL(`${ORIGIN}/`);
    expect(sent).toHaveLength(2);
  });
});

describe("making an agent", () => {
  const statement = (over: Partial<AdminStatement> = {}, agent: Record<string, string> = {}): AdminStatement => ({
    type: "countersign/admin@v1",
    origin: ORIGIN,
    operation: "agent.created",
    parameters: { agent: { id: "agt_new", name: "nightly-bot", owner: ALEX.id, ...agent } },
    admin: ALEX.id,
    nonce: NONCE,
    ...over,
  });
  const answersWith = (made: AdminStatement) => ({
    "/admin/agents/statement": {
      json: { statement: made, credentials: [{ id: PASSKEY_ID, transports: ["internal"] }], rp_id: "localhost" },
    },
    "/api/v1/agents": { status: 201, json: { id: "agt_new", name: "nightly-bot", key: KEY } },
  });
  const create = async (made: AdminStatement): Promise<void> => {
    await openPage(page, "/admin/agents", agentsPage(AGENTS), answering(answersWith(made)));
    await textbox("Name").fill("nightly-bot");
    await button("Create agent").click();
  };

  test("signs the statement and shows key and configuration", async () => {
    await create(statement());
    await page.getByRole("heading", { name: "Agent nightly-bot is ready" }).waitFor();
    const { authorisation, name } = (sent[1]?.body ?? {}) as { authorisation: [Authorisation]; name: string };
    expect(name).toBe("nightly-bot");
    expect(authorisation[0].statement).toEqual(statement());
    const clientData = Buffer.from(authorisation[0].assertion.client_data_json, "base64url").toString();
    expect(JSON.parse(clientData)).toMatchObject({ challenge: b64u(ceremonyChallenge(statement())), origin: ORIGIN });
    expect(await page.getByText(KEY, { exact: true }).count()).toBe(1);
    expect(await page.locator("#claude-code").textContent()).toBe(
      `claude mcp add --transport http countersign ${ORIGIN}/mcp --header "X-Api-Key: ${KEY}"`,
    );
    expect(JSON.parse((await page.locator("#mcp-servers").textContent()) ?? "")).toEqual({
      mcpServers: { countersign: { type: "http", url: `${ORIGIN}/mcp`, headers: { "X-Api-Key": KEY } } },
    });
    expect(await page.getByRole("listitem").first().innerText()).toContain("nightly-bot");
    expect(await violationsOn(page)).toEqual([]);
  });

  test.each<[string, AdminStatement]>([
    ["another name", statement({}, { name: "evil-bot" })],
    ["another owner", statement({}, { owner: "usr_mallory" })],
    ["another admin", statement({ admin: "usr_mallory" })],
    ["another origin", statement({ origin: "https://evil.example" })],
    ["another operation", statement({ operation: "passkey.enrolled" })],
    ["more than an agent", statement({ parameters: { agent: { id: "agt_new", name: "nightly-bot", owner: ALEX.id }, roles: ["admin"] } })],
  ])("signs nothing for a statement with %s", async (_, made) => {
    await create(made);
    await alert().waitFor();
    expect(sent.map(({ path }) => path)).toEqual(["/admin/agents/statement"]);
  });
});

test("revoking asks first", async () => {
  await openPage(page, "/admin/agents", agentsPage(AGENTS.slice(0, 2)), answering({ "/api/v1/agents/agt_1": { status: 204, json: null } }));
  await button("Revoke").click();
  await page.getByRole("heading", { name: "Revoke release-bot" }).waitFor();
  expect(await violationsOn(page)).toEqual([]);
  await button("Keep").click();
  expect(sent).toEqual([]);
  await button("Revoke").click();
  await button("Revoke agent").click();
  await page.getByText("Revoked just now").waitFor();
  expect(sent).toEqual([{ path: "/api/v1/agents/agt_1", method: "DELETE", body: null }]);
  expect(await button("Revoke").count()).toBe(0);
});

test.each([
  ["of a page with a script of its own", agentsPage([])],
  ["of a page that only says something", <NotForYouPage person={ADMIN} />],
  ["of a page that says what went wrong", <ErrorPage code="unavailable" message="Not now." person={ADMIN} />],
])("signing out leads home: %s", async (_, shown) => {
  await openPage(page, "/admin/agents", shown, answering({ "/sign-out": { status: 204, json: null } }));
  await button("Sign out").click();
  await page.waitForURL(`${ORIGIN}/`);
  expect(sent[0]).toEqual({ path: "/sign-out", method: "POST", body: {} });
});

const inbox = (length: number) => (
  <InboxPage
    person={ADMIN}
    inbox={inboxData(
      Array.from({ length }, (_, i) =>
        inboxRow(`apr_${i}`, { action: HOSTILE.repeat(i + 1), agent: HOSTILE, risk: (["critical", "low", null] as const)[i] ?? null }),
      ),
    )}
  />
);

test("the inbox lists what waits, with the time left, and hostile names as text", async () => {
  await openPage(page, "/", inbox(2));
  const [first] = await page.getByRole("listitem").all();
  expect(await first?.innerText()).toMatch(/botU\+202E <b>x<\/b>[^]*12 minutes left/);
  expect(
    await page
      .getByRole("link", { name: /^botU\+202E/ })
      .first()
      .getAttribute("href"),
  ).toBe("/a/apr_0");
  expect(await page.locator("main b").count()).toBe(0);
});

describe.each([390, 1440])("at %d px", (width) => {
  test.each([
    ["setup", <SetupPage />],
    ["sign-in", <SignInPage next="/" />],
    ["inbox", inbox(3)],
    ["empty inbox", inbox(0)],
    ["agents", agentsPage(AGENTS)],
    ["no agents", agentsPage([])],
    ["not for you", <NotForYouPage person={ADMIN} />],
    ["setup closed", <SetupClosedPage />],
    ["error", <ErrorPage code="unavailable" message={HOSTILE} />],
  ])("%s breaks no rule of WCAG, light or dark, and fits", async (_, shown) => {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await openPage(page, "/", shown);
      expect(await violationsOn(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    }
  });
});

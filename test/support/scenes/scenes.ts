/** Every page, in every state that is one to look at. */
import { setTimeout as wait } from "node:timers/promises";
import { CARD_SCENES, IN_AN_APP, NO_WEBAUTHN } from "./card-scenes.ts";
import { MANY_SCENES } from "./many-scenes.ts";
import type { OpenScene, Scene } from "./open-scene.ts";
import { TALK_SCENES } from "./talk-scenes.ts";

const said = ({ page }: OpenScene, text: string): Promise<void> => page.getByText(text).first().waitFor();

async function check({ page }: OpenScene, receipt: string, then: string): Promise<void> {
  await page.getByRole("textbox", { name: "Receipt", exact: true }).fill(receipt);
  await page.getByRole("button", { name: "Check receipt" }).click();
  await page.getByRole("status").getByText(then).waitFor();
}

const COMING_IN: readonly Scene[] = [
  { name: "sign-in", path: "/" },
  { name: "sign-in-no-passkey", path: "/", before: NO_WEBAUTHN, play: (open) => said(open, "This browser cannot use passkeys.") },
  { name: "sign-in-in-an-app", path: "/", browser: { userAgent: IN_AN_APP } },
  {
    name: "sign-in-go-on-with-phone",
    path: (stage) => stage.approval("pending"),
    before: NO_WEBAUTHN,
    play: ({ page }) => page.getByRole("button", { name: "Go on with your phone" }).click(),
  },
  { name: "sign-in-no-script", path: "/", browser: { javaScriptEnabled: false } },
  {
    name: "sign-in-refused",
    path: "/",
    play: async (open) => {
      await open.page.getByRole("button", { name: "Sign in with passkey" }).click();
      await said(open, "You are not signed in.");
    },
  },
  { name: "setup-over", path: "/setup" },
  { name: "enrol", path: (stage) => stage.invitation },
  { name: "enrol-no-code", path: "/enrol" },
  { name: "enrol-waiting-elsewhere", path: "/enrol/waiting" },
  {
    name: "enrol-waiting",
    path: async (stage) => stage.people.alex.invite({ username: "guest", roles: ["approver"] }),
    play: async ({ page }) => {
      await page.getByRole("textbox", { name: "Username" }).fill("guest");
      await page.getByRole("textbox", { name: "Display name" }).fill("Guest");
      await page.getByRole("button", { name: "Create passkey" }).click();
      await page.getByText(/^(\d{4} ){5}\d{4}$/).waitFor();
    },
  },
];

const FOR_ANYONE: readonly Scene[] = [
  { name: "log", path: "/log" },
  { name: "log-entry", path: "/log/entry/3" },
  { name: "log-entry-missing", path: "/log/entry/999999" },
  { name: "log-signed-in", as: "alex", path: "/log" },
  { name: "verify", path: "/verify" },
  { name: "verify-no-script", path: "/verify", browser: { javaScriptEnabled: false } },
  {
    name: "verify-valid",
    path: "/verify",
    play: async (open, stage) => check(open, await stage.receiptOf("approved"), "Valid: approved"),
  },
  {
    name: "verify-not-valid",
    path: "/verify",
    play: async (open, stage) => check(open, (await stage.receiptOf("approved")).replace("October", "November"), "Not valid"),
  },
  { name: "nothing-here", path: "/no/such/page" },
  { name: "nothing-here-signed-in", as: "alex", path: "/no/such/page" },
];

async function lookUp({ page }: OpenScene, code: string, answer: string): Promise<void> {
  await page.getByRole("textbox", { name: "Code that your terminal shows" }).fill(code);
  await page.getByRole("button", { name: "Look up the code" }).click();
  await page.getByText(answer).first().waitFor();
}

const OWN: readonly Scene[] = [
  { name: "account", as: "alex", path: "/account" },
  { name: "notifications", as: "alex", path: "/account/notifications" },
  { name: "own-servers", as: "alex", path: "/account/servers" },
  { name: "command-line", as: "alex", path: "/command-line" },
  {
    name: "command-line-unknown",
    as: "alex",
    path: "/command-line",
    play: (open) => lookUp(open, "BBBB-BBBB", "No command line waits with this code."),
  },
  {
    name: "command-line-asks",
    as: "alex",
    path: "/command-line",
    play: async (open, stage) => lookUp(open, await stage.pairingCode(), "This command line asks"),
  },
  { name: "stop", as: "alex", path: "/stop" },
  { name: "stop-of-an-approver", as: "sam", path: "/stop" },
  { name: "look", as: "alex", path: "/look" },
  { name: "grants", as: "alex", path: "/admin/grants" },
  { name: "audit", as: "kim", path: "/audit" },
  { name: "audit-filtered", as: "kim", path: "/audit?kind=approval.approved&person=alex" },
  { name: "audit-nothing-found", as: "kim", path: "/audit?agent=nobody" },
  { name: "audit-of-an-admin", as: "alex", path: "/audit" },
  {
    name: "audit-entry",
    as: "kim",
    path: "/audit?kind=agent.created",
    play: async ({ page }) => {
      await page.locator("#entries a").first().click();
      await page.getByRole("heading", { name: "Proof" }).waitFor();
    },
  },
  { name: "audit-session-none", as: "kim", path: "/audit/sessions/none" },
];

/** The cron counts within the minute. */
async function counted({ page }: OpenScene): Promise<void> {
  const table = page.getByText("How requests ended, as a table");
  for (let turn = 0; turn < 100 && !(await table.isVisible()); turn++) {
    await wait(1_000);
    await page.reload();
  }
  await table.waitFor();
}

const ADMIN_PAGES = ["agents", "people", "policy", "servers", "channels", "connectors"];
const ADMINISTERING: readonly Scene[] = [
  ...ADMIN_PAGES.map((name): Scene => ({ name: `admin-${name}`, as: "alex", path: `/admin/${name}` })),
  ...ADMIN_PAGES.map((name): Scene => ({ name: `auditor-${name}`, as: "kim", path: `/admin/${name}` })),
  { name: "overview", as: "alex", path: "/admin?days=7", play: counted },
  {
    name: "overview-tables",
    as: "kim",
    path: "/admin?days=7",
    play: async (open) => {
      await counted(open);
      for (const summary of await open.page.locator("details.numbers > summary").all()) await summary.click();
    },
  },
  { name: "settings", as: "alex", path: "/admin/settings" },
  { name: "settings-of-an-auditor", as: "kim", path: "/admin/settings" },
  { name: "approver-policy", as: "sam", path: "/admin/policy" },
  { name: "not-for-this-role", as: "sam", path: "/admin/people" },
  { name: "admin-person", as: "alex", path: (stage) => `/admin/people/${stage.people.sam.id}` },
  { name: "auditor-person", as: "kim", path: (stage) => `/admin/people/${stage.people.sam.id}` },
  { name: "admin-people-found", as: "alex", path: "/admin/people?q=sam&role=approver" },
  { name: "admin-people-nobody", as: "alex", path: "/admin/people?q=nobody-is-called-so" },
  {
    name: "admin-agents-made",
    as: "alex",
    path: "/admin/agents",
    play: async ({ page }) => {
      await page.getByRole("textbox", { name: "Name", exact: true }).fill(`bot-${crypto.randomUUID().slice(0, 8)}`);
      await page.getByRole("button", { name: "Create agent" }).click();
      await page.getByText("claude mcp add").first().waitFor();
    },
  },
  ...(["release", "old"] as const).flatMap((which): Scene[] => [
    { name: `admin-agent-${which}`, as: "alex", path: (stage) => stage.agentPage(which) },
    { name: `auditor-agent-${which}`, as: "kim", path: (stage) => stage.agentPage(which) },
  ]),
  { name: "admin-agents-found", as: "alex", path: "/admin/agents?q=nightly&state=stopped" },
  { name: "admin-agents-none-found", as: "alex", path: "/admin/agents?q=nobody" },
  {
    name: "admin-agent-new-key",
    as: "alex",
    path: (stage) => stage.agentPage("release"),
    play: async ({ page }) => {
      await page.getByRole("button", { name: "Replace key" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "admin-people-invited",
    as: "alex",
    path: "/admin/people",
    play: async ({ page }) => {
      await page.getByRole("textbox", { name: "Username", exact: true }).fill(`new-${crypto.randomUUID().slice(0, 8)}`);
      await page.getByRole("checkbox", { name: "Approver", exact: true }).check();
      await page.getByRole("button", { name: "Invite", exact: true }).click();
      await page.locator("#invite-link").waitFor();
    },
  },
  {
    name: "admin-people-error",
    as: "alex",
    path: "/admin/people",
    play: async ({ page }) => {
      await page.getByRole("textbox", { name: "Username", exact: true }).fill("Not A Name");
      await page.getByRole("button", { name: "Invite", exact: true }).click();
      await page.locator("[aria-invalid=true]").first().waitFor();
    },
  },
  {
    name: "admin-agents-dialog",
    as: "alex",
    path: "/admin/agents",
    play: async ({ page }) => {
      await page
        .getByRole("button", { name: /^Revoke/ })
        .first()
        .click();
      await page.getByRole("dialog").waitFor();
    },
  },
];

/** Before anybody is enrolled. */
export const SCENES_OF_NOBODY: readonly { name: string; path: string }[] = [
  { name: "setup-no-token", path: "/setup" },
  { name: "sign-in-nobody", path: "/" },
];

/** While everything is stopped; nothing else is as it was afterwards. */
export const SCENES_WHILE_STOPPED: readonly Scene[] = [
  { name: "stopped-inbox", as: "alex", path: "/" },
  { name: "stopped-card", as: "alex", path: (stage) => stage.approval("pending"), play: (open) => said(open, "Display verified") },
  { name: "stopped-stop", as: "alex", path: "/stop" },
];

export const SCENES: readonly Scene[] = [
  ...CARD_SCENES,
  ...TALK_SCENES,
  ...MANY_SCENES,
  ...COMING_IN,
  ...FOR_ANYONE,
  ...OWN,
  ...ADMINISTERING,
];

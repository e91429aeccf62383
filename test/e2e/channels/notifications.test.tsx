/** `/account/notifications` in a real browser: what its script sends, what it signs, and what it says. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { ceremonyChallenge, type OwnStatement } from "#countersign/documents/ceremony.ts";
import { b64u, fromB64u, fromUtf8 } from "#countersign/encoding/bytes.ts";
import { NotificationsPage } from "#pages/channels/notifications-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Asked, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";
import { ALEX, PASSKEY_ID } from "#test/support/documents/approval-data.ts";
import { aContact, ownNotifications, PUBLIC_KEY } from "#test/support/documents/own-notifications.ts";

const PERSON = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: false };
const ENDPOINT = "https://push.example.com/send/1";

let browser: Browser;
let page: Page;
let sent: { call: string; body: Record<string, unknown> | null }[] = [];
/** What the service has: each call may change it. */
let own: OwnNotifications;

beforeAll(async () => {
  browser = await enterChromium();
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  page = await context.newPage();
  await withPasskey(page);
  // What a browser gets from its push service and asks the system for; the headless Chromium has neither.
  await page.addInitScript(
    ({ endpoint, key }) => {
      let there: object | null = null;
      const manager = {
        getSubscription: () => Promise.resolve(there),
        subscribe: (options: { applicationServerKey: Uint8Array }) => {
          there = {
            endpoint,
            options: { applicationServerKey: options.applicationServerKey.buffer },
            toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: key, auth: "AAAAAAAAAAAAAAAAAAAAAA" } }),
            unsubscribe: () => {
              there = null;
              return Promise.resolve(true);
            },
          };
          return Promise.resolve(there);
        },
      };
      Object.defineProperty(Notification, "permission", { value: "granted" });
      Object.defineProperty(Notification, "requestPermission", { value: () => Promise.resolve("granted") });
      const registration = { pushManager: manager };
      Object.defineProperty(navigator.serviceWorker, "register", { value: () => Promise.resolve(registration) });
      Object.defineProperty(navigator.serviceWorker, "ready", { get: () => Promise.resolve(registration) });
      Object.defineProperty(navigator.serviceWorker, "getRegistration", { value: () => Promise.resolve(registration) });
    },
    { endpoint: ENDPOINT, key: PUBLIC_KEY },
  );
});
beforeEach(() => {
  sent = [];
  own = ownNotifications();
});
afterAll(leaveChromium);

const button = (name: string) => page.getByRole("button", { name, exact: true });
const said = async (text: string) => page.getByRole("status").getByText(text).waitFor();
const calls = () => sent.map(({ call }) => call).filter((call) => call !== "GET /api/v1/me/notifications");
const bodyOf = (call: string) => sent.find((one) => one.call === call)?.body;

type Answers = Record<string, (body: Record<string, unknown> | null) => { status?: number; json: unknown }>;

async function open(answers: Answers = {}): Promise<void> {
  const answer = (path: string, request: Asked) => {
    const call = `${request.method()} ${path}`;
    const body = request.postDataJSON() as Record<string, unknown> | null;
    sent.push({ call, body });
    if (call === "GET /api/v1/me/notifications") return { json: own };
    return answers[call]?.(body) ?? { status: 404, json: { code: "not_found", detail: "Nobody answers." } };
  };
  await openPage(page, "/account/notifications", <NotificationsPage person={PERSON} own={own} />, answer);
  // The page has read again what there is.
  await expect.poll(() => sent.some(({ call }) => call === "GET /api/v1/me/notifications")).toBe(true);
}

const addsDevice: Answers = {
  "POST /api/v1/me/contacts": () => {
    own = { ...own, contacts: [aContact()] };
    return { status: 201, json: { id: "cnt_1", state: "confirmed" } };
  },
};

describe("this device", () => {
  it("is set up in one step, and says so; from then on each visit renews it", async () => {
    await open(addsDevice);
    await button("Turn on notifications on this device").click();
    await said("Notifications are on.");
    expect(bodyOf("POST /api/v1/me/contacts")).toEqual({
      kind: "webpush",
      channel: "chn_push",
      key: PUBLIC_KEY,
      label: expect.stringMatching(/^Chrome on Linux$/) as string,
      subscription: { endpoint: ENDPOINT, keys: { p256dh: PUBLIC_KEY, auth: "AAAAAAAAAAAAAAAAAAAAAA" } },
    });
    expect(await page.getByText("this one").count()).toBe(1);
    expect(await button("Turn on notifications on this device").isVisible()).toBe(false);

    sent = [];
    await open(addsDevice);
    expect(calls()).toEqual(["POST /api/v1/me/contacts"]);
  });

  it("is not renewed for somebody else who uses this browser, nor once it was removed", async () => {
    await page.evaluate(() => localStorage.setItem("countersign-device", JSON.stringify({ person: "usr_other", contact: "cnt_1" })));
    own = ownNotifications({ contacts: [aContact()] });
    await open(addsDevice);
    expect(calls()).toEqual([]);
    await page.evaluate((id) => localStorage.setItem("countersign-device", JSON.stringify({ person: id, contact: "cnt_gone" })), ALEX.id);
    await open(addsDevice);
    expect(calls()).toEqual([]);
    expect(await button("Turn on notifications on this device").isVisible()).toBe(true);
  });

  it("can be tried and removed", async () => {
    await page.evaluate((id) => localStorage.setItem("countersign-device", JSON.stringify({ person: id, contact: "cnt_1" })), ALEX.id);
    own = ownNotifications({ contacts: [aContact()] });
    await open({
      ...addsDevice,
      "POST /api/v1/me/contacts/cnt_1/test": () => ({ status: 202, json: { message: "msg_1" } }),
      "DELETE /api/v1/me/contacts/cnt_1": () => {
        own = ownNotifications();
        return { json: {} };
      },
    });
    await button("Send a test").click();
    await said("A test is on its way.");
    await button("Remove").click();
    await page.locator("#confirm-do").click();
    await said("Removed.");
    expect(await page.evaluate(() => localStorage.getItem("countersign-device"))).toBeNull();
  });

  it("says what to do where a browser takes no notifications", async () => {
    const bare = await browser.newContext({ userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1" });
    const iphone = await bare.newPage();
    await iphone.addInitScript(() => Reflect.deleteProperty(window, "PushManager"));
    await openPage(iphone, "/account/notifications", <NotificationsPage person={PERSON} own={own} />, () => ({ json: own }));
    await iphone.getByText("“Add to Home Screen”").waitFor();
    expect(await iphone.getByRole("button", { name: "Turn on notifications on this device" }).isVisible()).toBe(false);
    await bare.close();
  });
});

it("an address waits for its code, which is entered at once", async () => {
  const waits = aContact({ id: "cnt_2", kind: "email", channel: "chn_mail", label: "a…@example.com", confirmed_at: null });
  await open({
    "POST /api/v1/me/contacts": () => {
      own = ownNotifications({ contacts: [waits] });
      return { status: 202, json: { id: "cnt_2", state: "code-sent" } };
    },
    "POST /api/v1/me/contacts/cnt_2/confirm": (body) => {
      if (body?.["code"] !== "12345678") return { status: 400, json: { code: "code_invalid", detail: "This is not the code." } };
      own = ownNotifications({ contacts: [{ ...waits, confirmed_at: waits.created_at }] });
      return { json: {} };
    },
  });
  await page.getByRole("textbox", { name: "E-mail address", exact: true }).fill("ada@example.com");
  await button("Add e-mail address").click();
  await page.getByRole("textbox", { name: "Code", exact: true }).fill("87654321");
  await button("Confirm").click();
  await page.getByText("This is not the code.").waitFor();
  await page.getByRole("textbox", { name: "Code", exact: true }).fill("12345678");
  await button("Confirm").click();
  await said("Confirmed.");
  expect(bodyOf("POST /api/v1/me/contacts")).toEqual({ kind: "email", channel: "chn_mail", address: "ada@example.com" });
  expect(await button("Enter the code").count()).toBe(0);
});

it("settings are sent as the form says, with the browser’s zone to begin with", async () => {
  await open({ "PUT /api/v1/me/notifications": (body) => ({ json: body }) });
  const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  await page.getByLabel("First").selectOption("email");
  await page.getByLabel("Last").selectOption("");
  await page.getByRole("checkbox", { name: "Keep quiet at night" }).check();
  await button("Save").click();
  await said("Saved.");
  expect(bodyOf("PUT /api/v1/me/notifications")).toEqual({
    order: ["email", "slack"],
    next_after_minutes: 5,
    zone,
    quiet: { from: "22:00", to: "07:00" },
  });
  await page.getByLabel("Then", { exact: true }).selectOption("email");
  await button("Save").click();
  await page.getByText("Choose each at most once.").waitFor();
  expect(calls()).toEqual(["PUT /api/v1/me/notifications"]);
});

describe("out of office", () => {
  const statementFor = (wish: Record<string, unknown> | null, more: object = {}): OwnStatement => ({
    type: "countersign/own@v1",
    origin: ORIGIN,
    operation: "delegation.given",
    parameters: {
      delegation: { id: "dlg_1", from: String(wish?.["from"]), until: String(wish?.["until"]) },
      person: { id: ALEX.id, username: "alex" },
      to: { id: "usr_blair", username: "blair" },
      ...more,
    },
    person: ALEX.id,
    nonce: b64u(new Uint8Array(32).fill(3)),
  });
  const drafts = (more: object = {}): Answers => ({
    "POST /account/delegations/statement": (body) => ({
      json: { statement: statementFor(body, more), credentials: [{ id: PASSKEY_ID, transports: ["internal"] }], rp_id: "localhost" },
    }),
    "POST /api/v1/me/delegations": () => ({ status: 201, json: { id: "dlg_1" } }),
  });
  async function ask(): Promise<void> {
    await page.getByLabel("From", { exact: true }).first().waitFor();
    await page.locator("#from").fill("2026-12-01T09:00");
    await page.locator("#until").fill("2026-12-08T09:00");
    await button("Sign with passkey").click();
  }

  it("is signed under what the form says", async () => {
    await open(drafts());
    await ask();
    await said("Out of office is set.");
    const { signature } = bodyOf("POST /api/v1/me/delegations") as {
      signature: { statement: OwnStatement; assertion: { client_data_json: string } };
    };
    const clientData = JSON.parse(fromUtf8(fromB64u(signature.assertion.client_data_json) ?? new Uint8Array()) ?? "") as {
      challenge: string;
    };
    expect(clientData.challenge).toBe(b64u(ceremonyChallenge(signature.statement)));
    expect(signature.statement.parameters).toMatchObject({ to: { id: "usr_blair" } });
  });

  it.each([
    ["somebody else", { to: { id: "usr_mallory", username: "blair" } }],
    ["another time", { delegation: { id: "dlg_1", from: "2026-12-01T09:00:00.000Z", until: "2027-02-08T09:00:00.000Z" } }],
  ])("signs nothing for %s", async (_what, more) => {
    await open(drafts(more));
    await ask();
    await page.getByText("Nothing was signed").waitFor();
    expect(calls()).toEqual(["POST /account/delegations/statement"]);
  });
});

it.each([390, 1_440])("is for everybody to use, %i pixels wide", async (width) => {
  await page.setViewportSize({ width, height: 844 });
  own = ownNotifications({
    contacts: [aContact(), aContact({ id: "cnt_2", kind: "email", channel: "chn_mail", label: "a…@example.com", confirmed_at: null })],
    delegations: [
      { id: "dlg_1", from: "2026-12-01T09:00:00.000Z", until: "2026-12-08T09:00:00.000Z", to: { id: "usr_blair", username: "blair" } },
    ],
  });
  await open();
  expect(await violationsOn(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

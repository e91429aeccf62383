/**
 * An approver's phone, from the page to the service and back: the channel is added with a passkey, the phone turned on in one step and for the
 * real service, and what is pushed is shown by the real service worker. The browser's push service alone is another: one of this test's.
 */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { PushDevice } from "#test/support/channels/push-device.ts";
import { type Service, startService } from "#test/support/service/service.ts";

/** Nobody listens there: what is sent stays with the service, and says so. */
const device = new PushDevice("https://push.invalid/send/1");
let browser: Browser;
let service: Service;
let alex: BrowserPerson;

beforeAll(async () => {
  browser = await enterChromium();
  service = await startService();
  alex = await BrowserPerson.at(browser, service.origin);
  await alex.page.addInitScript((address) => {
    const subscription = {
      ...(JSON.parse(address) as { endpoint: string }),
      options: { applicationServerKey: null as ArrayBuffer | null },
      toJSON: () => JSON.parse(address) as unknown,
      unsubscribe: () => Promise.resolve(true),
    };
    let there: object | null = null;
    Object.defineProperty(Notification, "permission", { value: "granted" });
    Object.defineProperty(Notification, "requestPermission", { value: () => Promise.resolve("granted") });
    PushManager.prototype.getSubscription = () => Promise.resolve(there as PushSubscription | null);
    PushManager.prototype.subscribe = (asked) => {
      const { applicationServerKey: key } = asked as { applicationServerKey: Uint8Array<ArrayBuffer> };
      subscription.options.applicationServerKey = key.buffer;
      there = subscription;
      return Promise.resolve(subscription as unknown as PushSubscription);
    };
  }, device.address);
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Doe");
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true, force: true });
});

const own = () => alex.page.evaluate(async () => (await (await fetch("/api/v1/me/notifications")).json()) as OwnNotifications);

it("an admin adds pushes, and proves them before anybody has a device", async () => {
  await alex.open("/admin/channels");
  await alex.page.getByLabel("Kind").selectOption("webpush");
  await alex.textbox("Name").fill("phones");
  await alex.textbox("Contact for push services").fill("mailto:ops@countersign.dev");
  await alex.button("Add channel").click();
  await alex.page.getByText("Not tested yet").waitFor();
  await alex.button("Send a test").click();
  await alex.page.getByText("the channel is active").waitFor();
  expect((await own()).channels).toMatchObject([{ kind: "webpush", name: "phones" }]);
});

it("the phone is turned on in one step, is known to the service, and shows what is pushed", async () => {
  await alex.open("/account");
  await alex.page.getByRole("link", { name: "Notifications" }).first().click();
  await alex.button("Turn on notifications on this device").click();
  await alex.page.getByRole("status").getByText("Notifications are on.").waitFor();
  expect((await own()).contacts).toMatchObject([{ kind: "webpush", confirmed_at: expect.stringMatching(/^2/) as string }]);

  const devtools = await alex.context.newCDPSession(alex.page);
  const registered = new Promise<string>((resolve) => {
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [one] }) => {
      if (one !== undefined) resolve(one.registrationId);
    });
  });
  await devtools.send("ServiceWorker.enable");
  const worker = alex.context.serviceWorkers()[0] ?? (await alex.context.waitForEvent("serviceworker"));
  await worker.evaluate(() => {
    const scope = globalThis as unknown as { shown: string[]; registration: { showNotification: unknown } };
    scope.shown = [];
    scope.registration.showNotification = (title: string) => Promise.resolve(void scope.shown.push(title));
  });
  const data = JSON.stringify({ v: 1, title: "Approve? deploy", body: "", url: "/", tag: "a", at: "2026-11-20T09:30:00.000Z" });
  await devtools.send("ServiceWorker.deliverPushMessage", { origin: service.origin, registrationId: await registered, data });
  await expect.poll(() => worker.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)).toEqual(["Approve? deploy"]);
  expect(alex.complaints).toEqual([]);
});

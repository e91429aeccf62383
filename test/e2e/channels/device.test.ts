/**
 * A phone in a real browser, against the running service: the service worker shows whatever is pushed, and the page turns notifications on in
 * a few steps. What stands in for the browser's push service is a subscription with keys of its own; the rest is Chromium's.
 */
import type { Browser, BrowserContext, CDPSession, Page, Worker } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";

const { origin } = inject("service");
let browser: Browser;
let context: BrowserContext;
let page: Page;
let devtools: CDPSession;
let registrationId: string;
let worker: Worker;

beforeAll(async () => {
  browser = await enterChromium();
  context = await browser.newContext();
  page = await context.newPage();
  devtools = await context.newCDPSession(page);
  await page.goto(`${origin}/verify`);
  const registered = new Promise<string>((resolve) => {
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const [one] = registrations;
      if (one !== undefined) resolve(one.registrationId);
    });
  });
  await devtools.send("ServiceWorker.enable");
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
  });
  registrationId = await registered;
  worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
});
afterAll(leaveChromium);

interface Shown {
  title: string;
  body: string;
  tag: string;
  url: string;
  silent: boolean;
}

/** What stands in for the system's place of notifications, and for its windows: the headless Chromium has neither. In the worker's own scope. */
interface Scope {
  shown: Shown[];
  opened: string[];
  registration: { showNotification: unknown };
  clients: { openWindow: unknown };
}
const standIns = (): void => {
  const scope = globalThis as unknown as Scope;
  scope.shown = [];
  scope.opened = [];
  scope.registration.showNotification = (
    title: string,
    { body, tag, data, silent }: Omit<Shown, "title" | "url"> & { data: { url: string } },
  ) => {
    scope.shown = [...scope.shown.filter((one) => one.tag !== tag), { title, body, tag, url: data.url, silent }];
    return Promise.resolve();
  };
  scope.clients.openWindow = (url: string) => Promise.resolve(void scope.opened.push(url));
};

const shown = (): Promise<Shown[]> => worker.evaluate(() => (globalThis as unknown as Scope).shown);
const push = async (data: string): Promise<void> =>
  void (await devtools.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data }));

/** Pushes to the service worker as the browser's push service does, and waits for what it shows. */
async function pushed(data: string): Promise<Shown[]> {
  await worker.evaluate(standIns);
  await push(data);
  await expect.poll(async () => (await shown()).length).toBe(1);
  return shown();
}

/** What is opened by a click on a notification about that address. */
async function clicked(url: unknown): Promise<string[]> {
  await worker.evaluate(standIns);
  return worker.evaluate(async (about) => {
    const works: Promise<unknown>[] = [];
    const notification = { close: () => undefined, data: { url: about } };
    dispatchEvent(Object.assign(new Event("notificationclick"), { notification, waitUntil: (work: Promise<unknown>) => works.push(work) }));
    await Promise.all(works);
    return (globalThis as unknown as Scope).opened;
  }, url);
}

const PAYLOAD = {
  v: 1,
  title: "Approve? deploy to production",
  body: "release-bot asks.\nUntil 10:30 UTC",
  url: "/a/apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  tag: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  at: "2026-11-20T09:30:00.000Z",
};
const said = { title: PAYLOAD.title, body: PAYLOAD.body, tag: PAYLOAD.tag, url: PAYLOAD.url, silent: false };

describe("a push", () => {
  it("shows what it says, under its tag", async () => {
    expect(await pushed(JSON.stringify(PAYLOAD))).toEqual([said]);
    expect(await pushed(JSON.stringify({ ...PAYLOAD, url: `${origin}${PAYLOAD.url}` }))).toEqual([said]);
  });

  it("replaces the one of the same tag, quietly where it asks for nothing", async () => {
    await pushed(JSON.stringify(PAYLOAD));
    const over = { ...PAYLOAD, title: "Approved: deploy to production", silent: true };
    await push(JSON.stringify(over));
    await expect.poll(async () => (await shown()).map(({ title }) => title)).toEqual([over.title]);
    expect((await shown())[0]?.silent).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["text", "hello"],
    ["a list", "[]"],
    ["no words", "{}"],
    ["words of another kind", JSON.stringify({ v: 1, title: 7, body: {}, url: 1, tag: null })],
  ])("that brings %s shows something all the same", async (_what, data) => {
    expect(await pushed(data)).toMatchObject([{ title: "Countersign", body: expect.stringMatching(/\w/) as string, url: "/" }]);
  });

  it("of a later version is read as far as it can be", async () => {
    expect(await pushed(JSON.stringify({ ...PAYLOAD, v: 2, actions: [{ approve: true }] }))).toEqual([said]);
  });

  it.each([
    "https://evil.example/a",
    "//evil.example/a",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://[",
    String.raw`\\evil.example`,
  ])("leads to no other site: %s", async (url) => {
    const [one] = await pushed(JSON.stringify({ ...PAYLOAD, url }));
    expect(new URL(one?.url ?? "", origin).origin).toBe(origin);
  });
});

it("a click opens the page that it is about", async () => {
  expect(await clicked(PAYLOAD.url)).toEqual([`${origin}${PAYLOAD.url}`]);
  expect(await clicked(undefined)).toEqual([`${origin}/`]);
});

describe("what a device keeps", () => {
  it("is the worker alone, which answers no request and keeps no page", async () => {
    const kept = await page.evaluate(async () => ({
      caches: await caches.keys(),
      controlled: navigator.serviceWorker.controller !== null,
      scope: (await navigator.serviceWorker.ready).scope,
    }));
    expect([kept.caches, kept.scope]).toEqual([[], `${origin}/`]);
    const script = await (await fetch(`${origin}/sw.js`)).text();
    expect(script).not.toMatch(/addEventListener\("fetch"|caches\./);
  });

  it("is an app with icons of its own, under a policy that lets nothing else in", async () => {
    const answer = await fetch(`${origin}/manifest.webmanifest`);
    expect(answer.headers.get("content-type")).toBe("application/manifest+json");
    const manifest = (await answer.json()) as { start_url: string; icons: { src: string; sizes: string }[] };
    expect(manifest.start_url).toBe("/");
    for (const { src } of manifest.icons)
      expect([src, (await fetch(new URL(src, origin))).headers.get("content-type")]).toEqual([src, "image/png"]);
    const errors = await devtools.send("Page.getAppManifest");
    expect(errors.errors).toEqual([]);
    expect((await fetch(origin)).headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
  });
});

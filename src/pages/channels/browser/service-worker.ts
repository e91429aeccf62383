/**
 * `/sw.js`: shows pushes, and opens the page that one is about. It answers no request, keeps no page, and decides nothing. Whatever comes is
 * shown, since browsers take the subscription from whoever stays silent.
 */
import type { PushPayload } from "#rules/notices/push-payload.ts";
import { serviceWorkerTexts as texts } from "#texts/browser/channels/service-worker.ts";

/** As far as it is used here: the page's types know no service workers. */
interface PushEvent extends Event {
  data: { json(): unknown } | null;
  waitUntil(work: Promise<unknown>): void;
}
interface ClickEvent extends Event {
  notification: Notification;
  waitUntil(work: Promise<unknown>): void;
}
interface Window {
  url: string;
  focus(): Promise<unknown>;
  navigate(url: string): Promise<unknown>;
}
interface Worker {
  registration: ServiceWorkerRegistration;
  clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<Window[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: string, listener: (event: never) => void): void;
}
const worker = self as unknown as Worker;

const UNREADABLE = { ...texts.unreadable, url: "/", tag: "unreadable" };
const MOST_CHARACTERS = 500;

const textOf = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value.trim() !== "" ? value.slice(0, MOST_CHARACTERS) : otherwise;

/** A path of this very service; the list of requests for anything else. */
function ownPath(url: unknown): string {
  if (typeof url !== "string" || !URL.canParse(url, location.origin)) return "/";
  const { origin, pathname, search, protocol } = new URL(url, location.origin);
  return origin === location.origin && /^https?:$/.test(protocol) ? pathname + search : "/";
}

/** What a push brings, read as far as it can be, whatever its version. */
function readPush(event: PushEvent): Omit<PushPayload, "v" | "at"> {
  let sent: unknown;
  try {
    sent = event.data?.json();
  } catch {
    return UNREADABLE;
  }
  if (typeof sent !== "object" || sent === null) return UNREADABLE;
  const { title, body, url, tag, silent }: Partial<Record<keyof PushPayload, unknown>> = sent;
  return {
    title: textOf(title, UNREADABLE.title),
    body: textOf(body, textOf(title, "") === "" ? UNREADABLE.body : ""),
    url: ownPath(url),
    tag: textOf(tag, UNREADABLE.tag),
    ...(silent === true && { silent }),
  };
}

worker.addEventListener("install", () => void worker.skipWaiting());

worker.addEventListener("push", (event: PushEvent) => {
  const { title, body, url, tag, silent } = readPush(event);
  // A notification that replaces another is heard again, unless it asks for nothing.
  const options = { body, tag, data: { url }, silent: silent === true, renotify: silent !== true };
  event.waitUntil(worker.registration.showNotification(title, options));
});

/** The window that shows it already, else a new one: an unsaved word in another page is not lost for it. */
async function open(path: string): Promise<void> {
  const url = location.origin + path;
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url.replace(/#.*/, "") === url);
  await (there === undefined ? worker.clients.openWindow(url) : there.focus());
}

worker.addEventListener("notificationclick", (event: ClickEvent) => {
  event.notification.close();
  const { url }: { url?: unknown } = (event.notification.data ?? {}) as object;
  event.waitUntil(open(ownPath(url)));
});

interface ChangeEvent extends Event {
  oldSubscription: PushSubscription | null;
  newSubscription: PushSubscription | null;
  waitUntil(work: Promise<unknown>): void;
}

/** The browser has renewed the subscription by itself: the service has to know the new one. Whoever is signed out says so at the next visit. */
async function renew({ oldSubscription, newSubscription }: ChangeEvent): Promise<void> {
  const headers = { "content-type": "application/json" };
  const known = (await (await fetch("/api/v1/me/notifications")).json()) as {
    channels?: { id: string; kind: string; public_key: string | null }[];
  };
  const channel = known.channels?.find(({ kind }) => kind === "webpush");
  if (channel?.public_key == null) return;
  const { registration } = worker;
  const options = { userVisibleOnly: true, applicationServerKey: channel.public_key };
  const fresh = newSubscription ?? (await registration.pushManager.subscribe(oldSubscription?.options ?? options));
  const { endpoint, keys } = fresh.toJSON();
  const body = {
    kind: "webpush",
    channel: channel.id,
    key: channel.public_key,
    label: texts.renewedDevice,
    subscription: { endpoint, keys },
  };
  await fetch("/api/v1/me/contacts", { method: "POST", headers, body: JSON.stringify(body) });
}

worker.addEventListener("pushsubscriptionchange", (event: ChangeEvent) => event.waitUntil(renew(event).catch(() => undefined)));

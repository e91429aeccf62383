/**
 * This very device: whether it can be told, its subscription with the browser's push service, and which of the person's contacts it is. A
 * browser may be used by several people, so it is renewed only for the one who has turned it on.
 */
import { b64u, fromB64u } from "#countersign/encoding/bytes.ts";
import { parseJson } from "#countersign/json/canonical-json.ts";
import { fit, object, text } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { addedContactShape } from "#api/notifications/notification-shapes.ts";
import { post } from "#pages/kit/browser/post.ts";
import { notificationsScriptTexts as texts } from "#texts/browser/channels/notifications.ts";

/** Where this browser keeps whose device it is. */
const KEPT = "countersign-device";
const keptShape = object({ person: text(1), contact: text(1) });

type Channel = OwnNotifications["channels"][number] & { public_key: string };

/** The channel that devices are told over. */
export const pushChannel = ({ channels }: OwnNotifications): Channel | null =>
  channels.find((one): one is Channel => one.kind === "webpush" && one.public_key !== null) ?? null;

/** Why this browser cannot be told; null if it can. */
export function whyNot(): string | null {
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
    return Notification.permission === "denied" ? texts.device.blocked : null;
  }
  return /iPhone|iPad|Macintosh.*Mobile/.test(navigator.userAgent) ? texts.device.homeScreen : texts.device.noneHere;
}

/** The contact of this person that this device is; null if it is none of theirs. */
export function deviceOf(own: OwnNotifications): string | null {
  const kept = localStorage.getItem(KEPT);
  if (kept === null) return null;
  const json = parseJson(kept);
  const read = fit(keptShape, json.ok ? json.value : null);
  if (!read.ok || read.value.person !== own.id) return null;
  const { contact } = read.value;
  return own.contacts.some(({ id }) => id === contact) ? contact : null;
}

/** What people call it: browser and system, as far as they are told apart. */
function deviceName(): string {
  const { userAgent } = navigator;
  const found = (names: readonly (readonly [RegExp, string])[], otherwise: string) =>
    names.find(([pattern]) => pattern.test(userAgent))?.[1] ?? otherwise;
  const browsers = [
    [/Edg/, "Edge"],
    [/Firefox|FxiOS/, "Firefox"],
    [/Chrome|CriOS/, "Chrome"],
    [/Safari/, "Safari"],
  ] as const;
  const systems = [
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS/, "Mac"],
    [/Linux|CrOS/, "Linux"],
  ] as const;
  return texts.device.name(found(browsers, texts.device.anyBrowser), found(systems, texts.device.anySystem));
}

/** The subscription under the channel's key that is there; one under another key is given up first. */
async function subscriptionFor(key: string): Promise<PushSubscription> {
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const there = await pushManager.getSubscription();
  const itsKey = there?.options.applicationServerKey;
  if (there !== null && itsKey != null && b64u(new Uint8Array(itsKey)) === key) return there;
  await there?.unsubscribe();
  return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromB64u(key) });
}

/** Subscribes, and tells the service; the first time the browser asks the person. Gives the contact's id, or what to tell. */
export async function turnOn(own: OwnNotifications, channel: Channel): Promise<Result<string, string>> {
  if ((await Notification.requestPermission()) !== "granted") {
    return refuse(whyNot() ?? texts.device.notAllowed);
  }
  let subscription: PushSubscription;
  try {
    subscription = await subscriptionFor(channel.public_key);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return refuse(texts.device.noPushService);
  }
  return await keep(own, channel, subscription);
}

async function keep(own: OwnNotifications, channel: Channel, subscription: PushSubscription): Promise<Result<string, string>> {
  const { endpoint, keys } = subscription.toJSON();
  const body = { kind: "webpush", channel: channel.id, key: channel.public_key, label: deviceName(), subscription: { endpoint, keys } };
  const added = await post("/api/v1/me/contacts", body, addedContactShape);
  if (!added.ok) return refuse(added.refusal.detail);
  localStorage.setItem(KEPT, JSON.stringify({ person: own.id, contact: added.value.id }));
  return accept(added.value.id);
}

/** Says the service again what this device is reached by, if it was turned on for this person. Gives what to tell if that failed, or null. */
export async function renew(own: OwnNotifications): Promise<string | null> {
  const channel = pushChannel(own);
  if (channel === null || deviceOf(own) === null || whyNot() !== null || Notification.permission !== "granted") return null;
  const renewed = await turnOn(own, channel);
  return renewed.ok ? null : renewed.refusal;
}

/** Gives up the subscription of a device that is told no more. */
export async function turnOff(): Promise<void> {
  localStorage.removeItem(KEPT);
  const registration = await navigator.serviceWorker.getRegistration("/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

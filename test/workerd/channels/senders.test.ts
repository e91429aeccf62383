/** That the runtime has what senders sign and encrypt with. What they say to receivers is tested over HTTP in test/node/channels. */
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { b64u, fromB64, fromB64u, utf8 } from "#countersign/encoding/bytes.ts";
import { accept } from "#countersign/result.ts";
import { senders } from "#channels/senders.ts";
import { newVapidCredential, vapidPublicKeys } from "#channels/vapid-keys.ts";
import { newWebhookCredential, publicKeyOf, sharedSecretOf } from "#channels/webhook-keys.ts";
import type { Destination } from "#gate/channels/channel.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { OutboundRequest } from "#gate/channels/outbound.ts";

const NOW = Date.now();
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Sends over a network that takes everything, and gives back what was sent. */
async function sent(settings: ChannelSettings, credential: string, to: Destination = { is: "channel" }) {
  const requests: OutboundRequest[] = [];
  const all = senders({
    outbound: (request) => {
      requests.push(request);
      return Promise.resolve(accept({ status: 201, headers: new Map(), body: new Uint8Array() }));
    },
    email: null,
    now: () => NOW,
  });
  const content = { type: "channel.test", at: new Date(NOW).toISOString(), url: "https://gate.example.com/admin/channels" };
  const message = { id: "msg_1", to, content, edits: null, topic: null, nowMs: NOW };
  const result = await all[settings.kind].send({ id: "chn_1", name: "a", settings, credential }, message);
  expect(result).toEqual(accept({ answer: "http_201", handle: null }));
  return requests[0] as OutboundRequest & { headers: Record<string, string> };
}

const webhook = (signing: "hmac" | "ed25519"): ChannelSettings => ({
  kind: "webhook",
  url: "https://hooks.example.com/",
  signing,
  public_key: null,
  events: ["*"],
});

test("webhooks are signed with HMAC", async () => {
  const credential = newWebhookCredential("hmac", random);
  const { headers, body } = await sent(webhook("hmac"), credential);
  expect(() => new Webhook(sharedSecretOf(credential) ?? "").verify(body as string, headers)).not.toThrow();
});

test("webhooks are signed with Ed25519", async () => {
  const credential = newWebhookCredential("ed25519", random);
  const { headers, body } = await sent(webhook("ed25519"), credential);
  const raw = fromB64(((await publicKeyOf(credential)) ?? "").slice("whpk_".length)) ?? utf8("");
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  const signature = fromB64((headers["webhook-signature"] ?? "").slice("v1a,".length)) ?? utf8("");
  const signed = utf8(`msg_1.${headers["webhook-timestamp"]}.${body as string}`);
  expect(await crypto.subtle.verify("Ed25519", key, signature, signed)).toBe(true);
});

test("pushes are encrypted for the device, and signed with the key that it subscribed with", async () => {
  const device = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"])) as CryptoKeyPair;
  const p256dh = b64u(new Uint8Array((await crypto.subtle.exportKey("raw", device.publicKey)) as ArrayBuffer));
  const address = JSON.stringify({ endpoint: "https://push.example.net/abc", keys: { p256dh, auth: b64u(random(16)) } });
  const credential = await newVapidCredential();
  const [vapid] = vapidPublicKeys(credential);
  const to = { is: "contact", address, keyId: vapid?.id ?? null } as const;
  const { headers, body } = await sent({ kind: "webpush", subject: "mailto:ops@countersign.dev", public_key: "" }, credential, to);
  expect((body as Uint8Array).length).toBe(4_096);
  const [, token = "", k = ""] = /^vapid t=([^,]+), k=(.+)$/.exec(headers["authorization"] ?? "") ?? [];
  expect(k).toBe(vapid?.publicKey);
  const [head = "", claims = "", signature = ""] = token.split(".");
  const key = await crypto.subtle.importKey("raw", fromB64u(k) ?? utf8(""), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const how = { name: "ECDSA", hash: "SHA-256" };
  expect(await crypto.subtle.verify(how, key, fromB64u(signature) ?? utf8(""), utf8(`${head}.${claims}`))).toBe(true);
});

/** Channels and contacts in force, put there as the batches that make them do; they are in no log. And what has become of messages. */
import { env } from "cloudflare:workers";
import { newSlackCredential } from "#channels/slack-credential.ts";
import { newVapidCredential, vapidPublicKeys } from "#channels/vapid-keys.ts";
import { newWebhookCredential } from "#channels/webhook-keys.ts";
import { readConfig } from "#config/config.ts";
import { channelOrigin, type ChannelSettings, type ChannelState } from "#rules/notices/channel-settings.ts";
import type { Vault } from "#gate/channels/vault.ts";
import { vaultOf } from "#vault/vault.ts";

const AT = "2026-11-29T00:00:00.000Z";

export function vault(): Vault {
  const made = vaultOf(readConfig(env));
  if (made === null) throw new Error("this project has a vault");
  return made;
}

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const idOf = (prefix: string) => `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}`;

/** A channel in that state. Gives its id. */
export async function putChannel(
  name: string,
  settings: ChannelSettings,
  credential: string | null,
  state: ChannelState = "active",
): Promise<string> {
  const id = idOf("chn");
  const sealed = credential === null ? null : await vault().seal(credential, { label: "channel", id, origin: channelOrigin(settings) });
  const events = settings.kind === "webhook" ? settings.events : [];
  await env.DB.prepare(
    `INSERT INTO channel (id, name, kind, settings, events, credential, number, state, state_at, created_at, leaf_index)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?8, 0)`,
  )
    .bind(id, name, settings.kind, JSON.stringify(settings), JSON.stringify(events), sealed, state, AT)
    .run();
  return id;
}

export const HOOKS = "hooks.example.com";
export const putWebhook = (events: string[] = ["*"], host = HOOKS, state: ChannelState = "active"): Promise<string> =>
  putChannel(
    `systems at ${host}`,
    { kind: "webhook", url: `https://${host}/in`, signing: "hmac", public_key: null, events },
    newWebhookCredential("hmac", random),
    state,
  );

export const putSlack = (places: { group: string | null; to: string }[] = []): Promise<string> => {
  const credential = newSlackCredential("xoxb-123456789012-abcdefgh", null);
  if (!credential.ok) throw new Error(credential.refusal);
  return putChannel("chat", { kind: "slack", places }, credential.value);
};

export const MAIL = "api.resend.com";
export const putMail = (): Promise<string> =>
  putChannel("mail", { kind: "email", via: "resend", from: "gate@example.com", relay: null, places: [] }, "re_key_of_the_tests");

/** By the binding, which needs no network here, to a mailbox that hears of no request. */
export const putOwnMail = (): Promise<string> =>
  putChannel(
    "own mail",
    { kind: "email", via: "cloudflare", from: "gate@example.com", relay: null, places: [{ group: "nobody", to: "ops@example.com" }] },
    null,
  );

export async function putPush(): Promise<{ channel: string; keyId: string; publicKey: string }> {
  const credential = await newVapidCredential();
  const [key] = vapidPublicKeys(credential);
  if (key === undefined) throw new Error("a new credential has a key");
  const settings = { kind: "webpush", subject: "mailto:ops@countersign.dev", public_key: key.publicKey } as const;
  return { channel: await putChannel("phones", settings, credential), keyId: key.id, publicKey: key.publicKey };
}

/** A contact that is confirmed. */
export async function putContact(personId: string, channelId: string, address: string, keyId: string | null = null): Promise<string> {
  const id = idOf("cnt");
  const sealed = await vault().seal(address, { label: "contact", id, origin: "" });
  await env.DB.prepare(
    `INSERT INTO contact (id, person_id, channel_id, address, address_hash, label, key_id, confirmed_at, created_at, seen_at)
     VALUES (?1, ?2, ?3, ?4, ?5, 'of a test', ?6, ?7, ?7, ?7)`,
  )
    .bind(id, personId, channelId, sealed, await vault().fingerprint(address, "contact"), keyId, AT)
    .run();
  return id;
}

/** A time out of office that has begun. */
export const putAway = (personId: string, toPerson: string): Promise<unknown> =>
  env.DB.prepare(`INSERT INTO delegation (id, person_id, to_person, from_at, until_at, leaf_index) VALUES (?1, ?2, ?3, ?4, ?5, 0)`)
    .bind(idOf("dlg"), personId, toPerson, AT, "2099-01-01T00:00:00.000Z")
    .run();

export interface MessageRow {
  id: string;
  type: string;
  state: string;
  attempts: number;
  answer: string | null;
  channel_id: string;
  contact_id: string | null;
  target: string | null;
  person_id: string | null;
  request_id: string | null;
  folded_into: string | null;
  next_at: string;
  content: string;
}

/** All messages, in the order in which they were written down. */
export const messages = async (where = "1"): Promise<MessageRow[]> =>
  (await env.DB.prepare(`SELECT * FROM message WHERE ${where} ORDER BY rowid`).all<MessageRow>()).results;

/** How often there is which type in which state: `request.opened sent`. */
export async function tally(where = "1"): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { type, state } of await messages(where)) counted[`${type} ${state}`] = (counted[`${type} ${state}`] ?? 0) + 1;
  return counted;
}

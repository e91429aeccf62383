/** A person's own notifications, as their page asks for them. */
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { ceremonyChallenge, type OwnStatement } from "#countersign/documents/ceremony.ts";
import type { Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { env } from "cloudflare:workers";
import { readConfig } from "#config/config.ts";
import { b64u, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";
import { given } from "../invited.ts";
import { call, ORIGIN, type Someone } from "../people.ts";

export const notificationsOf = async ({ cookie }: Someone): Promise<OwnNotifications> =>
  given(await call("GET", "/api/v1/me/notifications", { cookie }));

export const addContact = ({ cookie }: Someone, body: object): Promise<Response> => call("POST", "/api/v1/me/contacts", { cookie, body });

export const confirmContact = ({ cookie }: Someone, id: string, code: string): Promise<Response> =>
  call("POST", `/api/v1/me/contacts/${id}/confirm`, { cookie, body: { code } });

/** What a browser subscribes with: keys of its own for an endpoint. */
export async function subscription(endpoint: string): Promise<{ endpoint: string; keys: { p256dh: string; auth: string } }> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as CryptoKeyPair;
  const point = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  return { endpoint, keys: { p256dh: b64u(point), auth: b64u(crypto.getRandomValues(new Uint8Array(16))) } };
}

/** A device that is told over a channel. */
export const device = async (channel: { channel: string; publicKey: string }, endpoint: string, label = "Pixel 9") => ({
  kind: "webpush",
  channel: channel.channel,
  key: channel.publicKey,
  label,
  subscription: await subscription(endpoint),
});

export interface AwayWish {
  to: string;
  from: string;
  until: string;
}

export const draftAway = ({ cookie }: Someone, wish: AwayWish): Promise<Response> =>
  call("POST", "/account/delegations/statement", { cookie, body: wish });

export const statementOfAway = async (person: Someone, wish: AwayWish): Promise<OwnStatement> =>
  (await given<{ statement: OwnStatement }>(await draftAway(person, wish))).statement;

/** A person's signature under a statement of their own. */
export const ownSignature = async (passkey: SoftwarePasskey, statement: OwnStatement, wrong: Partial<Ceremony> = {}) => ({
  statement,
  credential_id: passkey.credentialId,
  assertion: await passkey.sign({ challenge: ceremonyChallenge(statement), origin: ORIGIN, ...wrong }),
});

export const sendAway = ({ cookie }: Someone, signature: object): Promise<Response> =>
  call("POST", "/api/v1/me/delegations", { cookie, body: { signature } });

export const endAway = ({ cookie }: Someone, id: string): Promise<Response> => call("DELETE", `/api/v1/me/delegations/${id}`, { cookie });

/** From now, for a week. */
export const awayWish = (to: string): AwayWish => ({
  to,
  from: new Date().toISOString(),
  until: new Date(Date.now() + 7 * 86_400_000).toISOString(),
});

/** An address that waits for its code, as if that had been sent. */
export async function waitingContact(person: Someone, channelId: string): Promise<{ id: string; code: string }> {
  const [id, code] = [`cnt_${b64u(crypto.getRandomValues(new Uint8Array(16)))}`, "12345678"];
  const hash = hex(keyedHash(readConfig(env).serverSecret, "countersign/contact-code/v1", utf8(`${id} ${code}`)));
  await env.DB.prepare(
    `INSERT INTO contact (id, person_id, channel_id, address, address_hash, label, code_hash, code_expires_at, created_at, seen_at)
     VALUES (?1, ?2, ?3, '', ?1, 'a…@example.com', ?4, '2999-01-01T00:00:00.000Z', '2026-11-20T09:30:00.000Z', '2026-11-20T09:30:00.000Z')`,
  )
    .bind(id, person.id, channelId, hash)
    .run();
  return { id, code };
}

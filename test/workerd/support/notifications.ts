/** A person's own notifications, as their page asks for them. */
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import type { OwnStatement } from "#countersign/documents/ceremony.ts";
import { ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { given } from "./invited.ts";
import { call, ORIGIN, type Someone } from "./people.ts";

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

/**
 * Where a person is reached: their devices, addresses and accounts. An address is theirs once a code that was sent there came back; a device
 * says so itself. Addresses are kept sealed. A stolen session can add one: so whatever the person had before is told of it.
 */
import { b64u, type Bytes, equal, fromB64u, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import { vapidKeyId } from "#rules/notices/vapid-key-id.ts";
import type { AddressFailure } from "#rules/addresses/check-address.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { Vault } from "./vault.ts";

/** Of one person. */
const MOST_CONTACTS = 10;
const CODE_DIGITS = 8;
const CODE_MS = 15 * 60_000;
/** Wrong answers to one code. */
const MOST_TRIES = 5;

/** What a browser subscribed with, each b64u, and the channel's key that it did so for. */
export interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** What somebody adds. A label is theirs, at most 80 characters. */
export type NewContact = { channel: string } & (
  | { kind: "webpush"; subscription: Subscription; key: string; label: string }
  | { kind: "email"; address: string }
  | { kind: "slack"; member: string }
);

/** A contact as it is written down. */
export interface ContactToKeep {
  id: string;
  personId: string;
  channelId: string;
  /** Sealed. */
  address: string;
  /** Keyed: the same for the same address. */
  addressHash: string;
  label: string;
  keyId: string | null;
  code: { hash: string; expiresAt: string } | null;
  at: string;
}

/** An address, open, and of a device the key that it has subscribed with. */
export interface OpenAddress {
  address: string;
  keyId: string | null;
}

export interface ContactPorts {
  /** Null where there is no secret for it: then no address is kept. */
  vault: Vault | null;
  serverSecret: Bytes;
  origin: string;
  now(): number;
  random(bytes: number): Bytes;
  /** An active channel, from the D1 primary; null for any other. */
  activeChannel(id: string): Promise<{ id: string; settings: ChannelSettings } | null>;
  /** Whether this may be sent to at all. */
  checkAddress(address: string): Result<unknown, AddressFailure>;
  /**
   * The id of a contact of this person, channel and address; null if it is none. Sealed values are bound to it, so the same address keeps it.
   */
  contactAt(personId: string, channelId: string, addressHash: string): Promise<{ id: string; confirmed: boolean } | null>;
  /**
   * Writes it, in place of one of the same id. A new one is refused where the person has `most`; `told` goes to all confirmed contacts that
   * they had, in the same write, if it is new and needs no code.
   */
  keepContact(contact: ContactToKeep, most: number, told: MessageContent): Promise<boolean>;
  /** Counts a code that is sent on this person's word; false, and nothing is counted, where too many were within the hour. */
  countCode(personId: string): Promise<boolean>;
  /** Resolves once the channel has taken it, or to why not. Never throws. */
  sendNow(channelId: string, to: OpenAddress, content: MessageContent): Promise<Result<null, { answer: string }>>;
  /** Counts a try of one that waits for its code at `now` and has fewer than `most`: gives the code's hash. Null for any other. */
  tryCode(personId: string, id: string, now: string, most: number): Promise<{ codeHash: string; label: string } | null>;
  /** Confirms it, if its code is still that; with `told` as `keepContact`. */
  confirmContact(id: string, codeHash: string, at: string, told: MessageContent): Promise<boolean>;
}

type AddRefusalReason =
  | "vault-missing"
  | "unknown-channel"
  | "subscription-malformed"
  | "key-of-another-channel"
  | "mailbox-malformed"
  | "too-many-contacts"
  | "too-many-codes"
  | "code-not-sent";
export type ContactRefusal = { reason: AddRefusalReason; detail?: string } | { reason: AddressFailure };

/** `code-sent`: it waits for the code. */
export interface AddedContact {
  id: string;
  state: "confirmed" | "code-sent";
}

/**
 * 1. the channel reaches people so; 2. it is an address; 3. it is kept, sealed, once; 4. what has to be proved gets a code. The same again
 * is the same contact: a subscription's keys are renewed, an address gets another code.
 */
export async function addContact(personId: string, wish: NewContact, ports: ContactPorts): Promise<Result<AddedContact, ContactRefusal>> {
  const { vault } = ports;
  if (vault === null) return refuse({ reason: "vault-missing" });
  const channel = await ports.activeChannel(wish.channel);
  if (channel?.settings.kind !== wish.kind) return refuse({ reason: "unknown-channel" }); // 1
  const place = placeOf(wish, channel.settings, ports);
  if (!place.ok) return place; // 2

  const addressHash = await vault.fingerprint(place.value.same, "contact");
  const known = await ports.contactAt(personId, channel.id, addressHash);
  const needsCode = wish.kind !== "webpush" && known?.confirmed !== true;
  if (needsCode && !(await ports.countCode(personId))) return refuse({ reason: "too-many-codes" });
  const id = known?.id ?? `cnt_${b64u(ports.random(16))}`;
  const code = needsCode ? makeCode(ports) : null;
  const nowMs = ports.now();
  const isKept = await ports.keepContact(
    {
      id,
      personId,
      channelId: channel.id,
      address: await vault.seal(place.value.address, { label: "contact", id, origin: "" }),
      addressHash,
      label: place.value.label,
      keyId: place.value.keyId,
      code: code === null ? null : { hash: hashOfCode(id, code, ports), expiresAt: timestamp(nowMs + CODE_MS) },
      at: timestamp(nowMs),
    },
    MOST_CONTACTS,
    tellsOf(place.value.label, ports),
  ); // 3
  if (!isKept) return refuse({ reason: "too-many-contacts" });
  if (code === null) return accept({ id, state: "confirmed" });

  const content = { type: "contact.code", at: timestamp(nowMs), url: pageOf(ports), code } satisfies MessageContent;
  const sent = await ports.sendNow(channel.id, { address: place.value.address, keyId: null }, content); // 4
  return sent.ok ? accept({ id, state: "code-sent" }) : refuse({ reason: "code-not-sent", detail: sent.refusal.answer });
}

const pageOf = ({ origin }: Pick<ContactPorts, "origin">): string => `${origin}/account/notifications`;

const tellsOf = (label: string, ports: Pick<ContactPorts, "origin" | "now">): MessageContent => ({
  type: "contact.added",
  at: timestamp(ports.now()),
  url: pageOf(ports),
  contact: { label },
});

interface Place {
  address: string;
  /** What is the same for the same place. */
  same: string;
  label: string;
  keyId: string | null;
}

function placeOf(wish: NewContact, settings: ChannelSettings, ports: ContactPorts): Result<Place, ContactRefusal> {
  switch (wish.kind) {
    case "webpush":
      return deviceOf(wish, settings, ports);
    case "email":
      return mailboxOf(wish.address);
    case "slack":
      return accept({ address: wish.member, same: wish.member, label: wish.member, keyId: null });
  }
}

/** The endpoint is a browser's word, and whatever is sent goes there. */
function deviceOf(
  { subscription, key, label }: Extract<NewContact, { kind: "webpush" }>,
  settings: ChannelSettings,
  ports: ContactPorts,
): Result<Place, ContactRefusal> {
  const { endpoint, keys } = subscription;
  if (settings.kind !== "webpush" || settings.public_key !== key) return refuse({ reason: "key-of-another-channel" });
  const [point, secret, ours] = [fromB64u(keys.p256dh), fromB64u(keys.auth), fromB64u(key)];
  if (point?.length !== 65 || point[0] !== 4 || secret?.length !== 16 || ours === null) return refuse({ reason: "subscription-malformed" });
  const checked = ports.checkAddress(endpoint);
  if (!checked.ok) return refuse({ reason: checked.refusal });
  const address = JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  return accept({ address, same: endpoint, label, keyId: vapidKeyId(ours) });
}

/** One mailbox, as mail programs take it without quotes: no list, no name, nothing that begins a line of a header. */
const MAILBOX =
  /^(?=.{3,254}$)([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])$/;

function mailboxOf(given: string): Result<Place, ContactRefusal> {
  const at = given.lastIndexOf("@");
  const address = given.slice(0, at) + given.slice(at).toLowerCase();
  const [, local = "", domain = ""] = MAILBOX.exec(address) ?? [];
  if (local === "" || /^\.|\.$|\.\./.test(local)) return refuse({ reason: "mailbox-malformed" });
  return accept({ address, same: address.toLowerCase(), label: `${local.slice(0, 1)}…@${domain}`, keyId: null });
}

/** Eight digits, each as likely as any. */
function makeCode({ random }: Pick<ContactPorts, "random">): string {
  const most = 10 ** CODE_DIGITS;
  const ceiling = Math.floor(2 ** 32 / most) * most;
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = random(4);
    const number = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    if (number < ceiling) return String(number % most).padStart(CODE_DIGITS, "0");
  }
}

const hashOfCode = (id: string, code: string, { serverSecret }: Pick<ContactPorts, "serverSecret">): string =>
  hex(keyedHash(serverSecret, "countersign/contact-code/v1", utf8(`${id} ${code}`)));

/** 1. every answer counts as a try, right or wrong; 2. it is the code that was sent there; 3. from then on it is told. */
export async function confirmContact(
  personId: string,
  { id, code }: { id: string; code: string },
  ports: ContactPorts,
): Promise<Result<null, { reason: "code-wrong" }>> {
  const found = await ports.tryCode(personId, id, timestamp(ports.now()), MOST_TRIES); // 1
  const isRight = found !== null && equal(utf8(found.codeHash), utf8(hashOfCode(id, code, ports))); // 2
  if (!isRight) return refuse({ reason: "code-wrong" });
  const confirmed = await ports.confirmContact(id, found.codeHash, timestamp(ports.now()), tellsOf(found.label, ports)); // 3
  return confirmed ? accept(null) : refuse({ reason: "code-wrong" });
}

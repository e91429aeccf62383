/** Where people are reached (d1-migrations/0013). Plain SQL where it looks, counts and writes in one statement. */
import { and, asc, eq, ne } from "drizzle-orm";
import { timestamp } from "#countersign/documents/words.ts";
import type { ChannelKind, ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { ContactToKeep } from "#gate/channels/contacts.ts";
import type { RemovedContact } from "#gate/channels/remove-contact.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import { countFailure, minuteOf } from "../failures.ts";
import { primary } from "../primary.ts";
import { channel, contact } from "./channel-tables.ts";

/** A channel that people are reached over. */
export interface PersonalChannel {
  id: string;
  name: string;
  kind: ChannelKind;
  settings: ChannelSettings;
}

const channelColumns = { id: channel.id, name: channel.name, kind: channel.kind, settings: channel.settings };

/** Active ones, in the order in which they were added. */
export const personalChannels = (d1: D1Database): Promise<PersonalChannel[]> =>
  primary(d1)
    .select(channelColumns)
    .from(channel)
    .where(and(eq(channel.state, "active"), ne(channel.kind, "webhook")))
    .orderBy(asc(channel.createdAt), asc(channel.id))
    .all();

/** An active channel with its credential, sealed; null if there is none of that id. */
export async function activeChannel(d1: D1Database, id: string): Promise<(PersonalChannel & { credential: string | null }) | null> {
  const found = await primary(d1)
    .select({ ...channelColumns, credential: channel.credential })
    .from(channel)
    .where(and(eq(channel.id, id), eq(channel.state, "active"), ne(channel.kind, "webhook")))
    .get();
  return found ?? null;
}

/** A contact as its owner is shown it. */
export interface OwnContact {
  id: string;
  channelId: string;
  kind: ChannelKind;
  label: string;
  confirmedAt: string | null;
  failingSince: string | null;
  createdAt: string;
  seenAt: string;
}

/** A person's own, over channels that were not removed. */
export const contactsOf = (d1: D1Database, personId: string): Promise<OwnContact[]> =>
  primary(d1)
    .select({
      id: contact.id,
      channelId: contact.channelId,
      kind: channel.kind,
      label: contact.label,
      confirmedAt: contact.confirmedAt,
      failingSince: contact.failingSince,
      createdAt: contact.createdAt,
      seenAt: contact.seenAt,
    })
    .from(contact)
    .innerJoin(channel, eq(channel.id, contact.channelId))
    .where(and(eq(contact.personId, personId), ne(channel.state, "removed")))
    .orderBy(asc(contact.createdAt), asc(contact.id))
    .all();

/** `ContactPorts.contactAt`. */
export async function contactAt(
  d1: D1Database,
  personId: string,
  channelId: string,
  addressHash: string,
): Promise<{ id: string; confirmed: boolean } | null> {
  const at = and(eq(contact.personId, personId), eq(contact.channelId, channelId), eq(contact.addressHash, addressHash));
  const found = await primary(d1).select({ id: contact.id, confirmedAt: contact.confirmedAt }).from(contact).where(at).get();
  return found === undefined ? null : { id: found.id, confirmed: found.confirmedAt !== null };
}

/** `?1`: the contact that is new; `?2`, `?3`: type and content; `?4`: now. To every other confirmed one of the same person. */
const TELL_OTHERS = `
  INSERT OR IGNORE INTO message (id, channel_id, contact_id, person_id, type, content, state, next_at, created_at)
  SELECT 'msg_' || substr(?1, 5) || '_' || substr(other.id, 5), other.channel_id, other.id, other.person_id, ?2, ?3, 'waiting', ?4, ?4
  FROM contact AS new JOIN contact AS other ON other.person_id = new.person_id AND other.id <> new.id AND other.confirmed_at IS NOT NULL
  WHERE new.id = ?1 AND new.confirmed_at = ?4`;

const tellOthers = (d1: D1Database, id: string, told: MessageContent, at: string): D1PreparedStatement =>
  d1.prepare(TELL_OTHERS).bind(id, told.type, JSON.stringify(told), at);

/**
 * Another code begins its tries anew. A device is seen again, with the keys that it has now, and what failed may work again; its label and
 * since when it is confirmed stay.
 */
const KEEP = `
  INSERT INTO contact (id, person_id, channel_id, address, address_hash, label, key_id, code_hash, code_expires_at, confirmed_at, created_at, seen_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, CASE WHEN ?8 IS NULL THEN ?10 END, ?10, ?10
  WHERE (SELECT count(*) FROM contact JOIN channel ON channel.id = contact.channel_id
    WHERE contact.person_id = ?2 AND channel.state <> 'removed' AND contact.id <> ?1) < ?11
  ON CONFLICT (channel_id, person_id, address_hash) DO UPDATE SET
    address = excluded.address, key_id = excluded.key_id, seen_at = excluded.seen_at, failing_since = NULL,
    code_hash = excluded.code_hash, code_expires_at = excluded.code_expires_at, code_tries = 0
  WHERE contact.id = excluded.id
  RETURNING id`;

/** `ContactPorts.keepContact`. Of two at the same moment the later one finds another id there, and is told that it may not. */
export async function keepContact(d1: D1Database, one: ContactToKeep, most: number, told: MessageContent): Promise<boolean> {
  const { id, personId, channelId, address, addressHash, label, keyId, code, at } = one;
  const values = [id, personId, channelId, address, addressHash, label, keyId, code?.hash ?? null, code?.expiresAt ?? null, at, most];
  const [kept] = await d1.batch([d1.prepare(KEEP).bind(...values), tellOthers(d1, id, told, at)]);
  return kept?.results.length === 1;
}

const CODES_AN_HOUR = 10;

/** `ContactPorts.countCode`: kept where refusals are counted, under the first minute of the hour. */
export function countCode(d1: D1Database, personId: string, nowMs: number): Promise<boolean> {
  const minute = minuteOf(nowMs);
  return countFailure(d1, `codes:${personId}`, minute - (minute % 60), CODES_AN_HOUR);
}

/** `ContactPorts.tryCode`. */
export async function tryCode(
  d1: D1Database,
  personId: string,
  id: string,
  now: string,
  most: number,
): Promise<{ codeHash: string; label: string } | null> {
  return await d1
    .prepare(
      `UPDATE contact SET code_tries = code_tries + 1
       WHERE id = ?1 AND person_id = ?2 AND confirmed_at IS NULL AND code_hash IS NOT NULL AND code_expires_at > ?3 AND code_tries < ?4
       RETURNING code_hash AS codeHash, label`,
    )
    .bind(id, personId, now, most)
    .first<{ codeHash: string; label: string }>();
}

/** `ContactPorts.confirmContact`. */
export async function confirmedContact(d1: D1Database, id: string, codeHash: string, at: string, told: MessageContent): Promise<boolean> {
  const confirm = d1
    .prepare(
      `UPDATE contact SET confirmed_at = ?3, seen_at = ?3, code_hash = NULL, code_expires_at = NULL, code_tries = 0
       WHERE id = ?1 AND code_hash = ?2 AND confirmed_at IS NULL RETURNING id`,
    )
    .bind(id, codeHash, at);
  const [confirmed] = await d1.batch([confirm, tellOthers(d1, id, told, at)]);
  return confirmed?.results.length === 1;
}

/** `RemovalPorts.forgetContact`. What waits for it is dropped when it is due (messages.ts). */
export async function forgetContact(d1: D1Database, personId: string, id: string): Promise<RemovedContact | null> {
  const row = await d1
    .prepare(
      `DELETE FROM contact WHERE id = ?1 AND person_id = ?2
       RETURNING id, channel_id AS channelId, address, label, key_id AS keyId, confirmed_at IS NOT NULL AS isConfirmed`,
    )
    .bind(id, personId)
    .first<Omit<RemovedContact, "isConfirmed"> & { isConfirmed: 0 | 1 }>();
  return row === null ? null : { ...row, isConfirmed: row.isConfirmed === 1 };
}

/** Writes down a message to see whether one of a person's confirmed contacts works; false if it is none. `id` is the message's. */
export async function testContact(
  d1: D1Database,
  personId: string,
  contactId: string,
  { id, url, nowMs }: { id: string; url: string; nowMs: number },
): Promise<boolean> {
  const at = timestamp(nowMs);
  const content: MessageContent = { type: "channel.test", at, url };
  const written = await d1
    .prepare(
      `INSERT INTO message (id, channel_id, contact_id, person_id, type, content, state, next_at, created_at)
       SELECT ?1, channel_id, id, person_id, ?2, ?3, 'waiting', ?4, ?4 FROM contact
       WHERE id = ?5 AND person_id = ?6 AND confirmed_at IS NOT NULL RETURNING id`,
    )
    .bind(id, content.type, JSON.stringify(content), at, contactId, personId)
    .all();
  return written.results.length === 1;
}

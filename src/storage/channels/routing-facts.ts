/** What routing is judged by (src/rules/notices), read of one moment in one trip. */
import { timestamp } from "#countersign/documents/words.ts";
import type { ChannelSettings, ChannelState } from "#rules/notices/channel-settings.ts";
import { IS_DELEGATE } from "./delegations.ts";
import { BY_ITSELF, type PersonSettings } from "#rules/notices/person-settings.ts";
import type { EarlierMessage, RoutingFacts } from "#rules/notices/routing.ts";

/** `?1`: these people, a JSON list; with them those who are told in their place at `?2`. */
const PEOPLE = `(SELECT value FROM json_each(?1) UNION SELECT to_person FROM delegation
  WHERE person_id IN (SELECT value FROM json_each(?1)) AND from_at <= ?2 AND until_at > ?2 AND ended_at IS NULL)`;

/** Of rows of contact: who has no passkey any more has left, and hears of nothing. */
export const MAY_SIGN_IN = "EXISTS (SELECT 1 FROM passkey WHERE passkey.person_id = contact.person_id AND passkey.revoked_at IS NULL)";

/** Of the time out of office of \`one\`, while whoever is named in it still is somebody who can be. */
const awayOf = (
  column: "to_person" | "until_at",
) => `(SELECT delegation.${column} FROM delegation INNER JOIN person ON person.id = to_person
  WHERE person_id = one.id AND from_at <= ?2 AND until_at > ?2 AND ended_at IS NULL AND ${IS_DELEGATE} ORDER BY delegation.leaf_index DESC LIMIT 1)`;

interface ChannelRow {
  id: string;
  name: string;
  state: ChannelState;
  settings: string;
}
interface PersonRow {
  id: string;
  username: string;
  groups: string;
  settings: string | null;
  away: string | null;
  awayUntil: string | null;
}

/** `Messages.routingFacts`. One that is being sent counts as sent: what it says may have arrived. */
export async function readRoutingFacts(
  d1: D1Database,
  requestId: string,
  people: readonly string[],
  nowMs: number,
): Promise<Omit<RoutingFacts, "nowMs" | "origin">> {
  const session = d1.withSession("first-primary");
  const [asked, now] = [JSON.stringify([...new Set(people)]), timestamp(nowMs)];
  const query = (sql: string, ...values: unknown[]) => session.prepare(sql).bind(...values);
  const results = await session.batch([
    query("SELECT id, name, state, settings FROM channel WHERE state <> 'removed' ORDER BY created_at, id"),
    query(
      `SELECT id, person_id AS personId, channel_id AS channelId, failing_since IS NOT NULL AS failing FROM contact
       WHERE person_id IN ${PEOPLE} AND confirmed_at IS NOT NULL AND ${MAY_SIGN_IN} ORDER BY created_at, id`,
      asked,
      now,
    ),
    query(
      `SELECT one.id, one.username, one.groups, notify_settings.settings, ${awayOf("to_person")} AS away, ${awayOf("until_at")} AS awayUntil
       FROM person AS one LEFT JOIN notify_settings ON notify_settings.person_id = one.id WHERE one.id IN ${PEOPLE}`,
      asked,
      now,
    ),
    query(
      `SELECT id, channel_id AS channelId, contact_id AS contactId, target, person_id AS personId, edits, type,
         CASE WHEN state = 'waiting' AND held_until > ?2 THEN 'sent' ELSE state END AS state
       FROM message WHERE request_id = ?1 AND type <> 'requests.many'`,
      requestId,
      now,
    ),
  ]);
  const [channels, contacts, persons, earlier] = results.map(({ results: rows }) => rows) as [
    ChannelRow[],
    { id: string; personId: string; channelId: string; failing: 0 | 1 }[],
    PersonRow[],
    EarlierMessage[],
  ];
  return {
    channels: channels.map((one) => ({ ...one, settings: JSON.parse(one.settings) as ChannelSettings })),
    contacts: contacts.map((one) => ({ ...one, failing: one.failing === 1 })),
    people: new Map(persons.map((one) => [one.id, personOf(one)])),
    earlier,
  };
}

const personOf = ({ username, groups, settings, away, awayUntil }: PersonRow) => ({
  username,
  groups: JSON.parse(groups) as string[],
  settings: settings === null ? BY_ITSELF : { ...BY_ITSELF, ...(JSON.parse(settings) as Partial<PersonSettings>) },
  away: away === null || awayUntil === null ? null : { to: away, until: awayUntil },
});

/** Names of the channels that are sent over. */
export async function channelNames(d1: D1Database): Promise<string[]> {
  const query = d1.withSession("first-primary").prepare("SELECT name FROM channel WHERE state = 'active' ORDER BY name");
  return (await query.all<{ name: string }>()).results.map(({ name }) => name);
}

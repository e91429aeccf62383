/** Messages in D1 as they are listed, sent again and replayed by hand (d1-migrations/0013). Plain SQL: lists go by row values. */
import type { MessageRecord } from "#rules/notices/message.ts";
import type { MessageContent } from "#rules/notices/content.ts";

/** Where a list goes on: older than this one. */
export interface MessagePlace {
  createdAt: string;
  id: string;
}

export interface MessageFilter {
  channel?: string | undefined;
  request?: string | undefined;
  state?: MessageRecord["state"] | undefined;
}

const COLUMNS = `message.id, message.channel_id AS channelId, message.contact_id AS contactId, message.target, message.person_id AS personId,
  message.request_id AS requestId, message.agent_id AS agentId, message.content, message.alike, message.edits, message.state, message.attempts,
  CASE WHEN message.state = 'waiting' THEN message.next_at END AS nextAt, message.folded_into AS foldedInto, message.answer,
  message.created_at AS createdAt, message.sent_at AS sentAt, channel.name AS channelName, channel.state AS channelState, person.username AS person`;
const FROM = `FROM message INNER JOIN channel ON channel.id = message.channel_id LEFT JOIN person ON person.id = message.person_id`;

interface Row extends Omit<MessageRecord, "content" | "channel"> {
  content: string;
  channelName: string;
  channelState: MessageRecord["channel"]["state"];
}

const recordOf = ({ content, channelName, channelState, ...row }: Row): MessageRecord => ({
  ...row,
  content: JSON.parse(content) as MessageContent,
  channel: { name: channelName, state: channelState },
});

const CONDITIONS = { channel: "message.channel_id", request: "message.request_id", state: "message.state" } as const;

/** At most `most`, the newest first; those before `from` if that is given. */
export async function listMessages(
  d1: D1Database,
  filter: MessageFilter,
  from: MessagePlace | null,
  most: number,
): Promise<MessageRecord[]> {
  const values: string[] = [];
  const put = (value: string): string => `?${values.push(value)}`;
  const conditions = Object.entries(CONDITIONS).flatMap(([name, column]) => {
    const wanted = filter[name as keyof typeof CONDITIONS];
    // A state that is written into the query lets it use the index of just that.
    if (wanted === undefined) return [];
    return [name === "state" ? `${column} = '${wanted.replaceAll("'", "''")}'` : `${column} = ${put(wanted)}`];
  });
  if (from !== null) conditions.push(`(message.created_at, message.id) < (${put(from.createdAt)}, ${put(from.id)})`);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const sql = `SELECT ${COLUMNS} ${FROM} ${where} ORDER BY message.created_at DESC, message.id DESC LIMIT ${put(String(most))}`;
  const { results } = await d1
    .withSession("first-primary")
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return results.map(recordOf);
}

/** The message; null if there is none. */
export async function messageById(d1: D1Database, id: string): Promise<MessageRecord | null> {
  const row = await d1.withSession("first-primary").prepare(`SELECT ${COLUMNS} ${FROM} WHERE message.id = ?1`).bind(id).first<Row>();
  return row === null ? null : recordOf(row);
}

/** What people were told of a request, with no address in it. */
export interface ToldOnce {
  /** Username; null of a group's place. */
  person: string | null;
  /** The channel's name. */
  channel: string;
  type: string;
  state: MessageRecord["state"];
  sentAt: string | null;
  nextAt: string | null;
}

/** Of one request, at most `most`, the oldest first. What systems are told is nobody's news. */
export async function toldOfRequest(d1: D1Database, requestId: string, most: number): Promise<ToldOnce[]> {
  const { results } = await d1
    .withSession("first-primary")
    .prepare(
      `SELECT person.username AS person, channel.name AS channel, message.type, message.state, message.sent_at AS sentAt,
         CASE WHEN message.state = 'waiting' THEN message.next_at END AS nextAt
       ${FROM} WHERE message.request_id = ?1 AND channel.kind <> 'webhook' ORDER BY message.created_at, message.id LIMIT ?2`,
    )
    .bind(requestId, most)
    .all<ToldOnce>();
  return results;
}

/** `?2` is now. What a request's own deadline would end at once is not bounded by it any more. */
const AGAIN = `state = 'waiting', attempts = 0, next_at = ?2, held_until = NULL, folded_into = NULL,
  gives_up_at = CASE WHEN gives_up_at > ?2 THEN gives_up_at END`;

/** `ResendPorts.putBack`. */
export async function putBack(d1: D1Database, id: string, now: string): Promise<boolean> {
  // Of an agent's summaries to one address only one waits: another one is not put beside it.
  const sql = `UPDATE OR IGNORE message SET ${AGAIN} WHERE id = ?1 AND state IN ('sent', 'failed', 'dropped')
    AND EXISTS (SELECT 1 FROM channel WHERE channel.id = message.channel_id AND channel.state <> 'removed')`;
  return (await d1.prepare(sql).bind(id, now).run()).meta.changes > 0;
}

/** `ResendPorts.putAllBack`. */
export async function putAllBack(d1: D1Database, channelId: string, from: string, now: string, most: number): Promise<number> {
  const sql = `UPDATE message SET ${AGAIN} WHERE id IN (
      SELECT id FROM message WHERE channel_id = ?1 AND created_at >= ?3 AND state IN ('sent', 'failed') ORDER BY created_at, id LIMIT ?4)`;
  const { results } = await d1.prepare(`${sql} RETURNING id`).bind(channelId, now, from, most).all();
  return results.length;
}

/** `TestPorts.endTest`. */
export async function endTest(d1: D1Database, id: string): Promise<{ isSent: boolean; answer: string | null }> {
  const [, read] = await d1.batch<{ state: string; answer: string | null }>([
    d1.prepare("UPDATE message SET state = 'failed', held_until = NULL WHERE id = ?1 AND state = 'waiting'").bind(id),
    d1.prepare("SELECT state, answer FROM message WHERE id = ?1").bind(id),
  ]);
  const row = read?.results[0];
  return { isSent: row?.state === "sent", answer: row?.answer ?? null };
}

/** Whether a request waits for people still. */
export async function isStillOpen(d1: D1Database, requestId: string, now: string): Promise<boolean> {
  const query = d1.withSession("first-primary").prepare("SELECT 1 FROM approval WHERE id = ?1 AND ended_at IS NULL AND expires_at > ?2");
  return (await query.bind(requestId, now).first()) !== null;
}

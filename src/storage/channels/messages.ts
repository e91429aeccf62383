/**
 * Messages in D1 (d1-migrations/0013): written down, taken by one sender at a time, and what was answered. Plain SQL: drizzle does not look,
 * count and write in one statement.
 */
import { timestamp } from "#countersign/documents/words.ts";
import type { ChannelSettings } from "#gate/channels/channel.ts";
import type { AfterAttempts, HeldMessage, Messages, Taking, Which } from "#gate/channels/delivery.ts";
import type { PlannedMessage } from "#gate/channels/message.ts";
import { ASKING_TYPES, type MessageContent } from "#rules/notices/content.ts";
import { FOLDING, summaryId } from "#rules/notices/folding.ts";
import { readRoutingFacts } from "./routing-facts.ts";
import { recordStatements } from "./recorded-attempts.ts";

type Write = (sql: string, ...values: unknown[]) => D1PreparedStatement;

const COLUMNS =
  "(id, channel_id, contact_id, target, person_id, request_id, agent_id, type, content, alike, edits, next_at, gives_up_at, created_at, folded_into, state)";

/** Of one agent to one address. */
const SAME_ADDRESS = "channel_id = ?2 AND contact_id IS ?3 AND target IS ?4 AND agent_id = ?7";
/** The last few of them that may be folded, in their time. */
const LAST = `SELECT alike FROM message WHERE ${SAME_ADDRESS} AND alike IS NOT NULL AND created_at >= ?15 ORDER BY created_at DESC LIMIT ${FOLDING.most}`;
const IS_FLOOD = `?10 IS NOT NULL AND ((SELECT count(*) FROM (${LAST})) >= ${FOLDING.most}
  OR (SELECT count(*) FROM (${LAST}) WHERE alike = ?10) >= ${FOLDING.mostAlike})`;
/** The summary that waits, or the one that this message begins. */
const SUMMARY = `coalesce((SELECT id FROM message WHERE type = 'requests.many' AND state = 'waiting' AND held_until IS NULL AND ${SAME_ADDRESS}), ?16)`;

const INSERT = `
  INSERT OR IGNORE INTO message ${COLUMNS}
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
    CASE WHEN flood THEN ${SUMMARY} END, CASE WHEN flood THEN 'folded' ELSE 'waiting' END
  FROM (SELECT ${IS_FLOOD} AS flood)`;

/** One that tells of what was folded: soon after the first of it, and not soon after another one. */
const INSERT_SUMMARY = `
  INSERT OR IGNORE INTO message (id, channel_id, contact_id, target, person_id, request_id, agent_id, type, content, state, next_at, created_at)
  SELECT ?1, first.channel_id, first.contact_id, first.target, first.person_id, first.request_id, first.agent_id, 'requests.many', ?3, 'waiting',
    max(?4, coalesce((
      SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(sent_at), '+${FOLDING.againSeconds} seconds') FROM message AS other
      WHERE other.type = 'requests.many' AND other.state = 'sent' AND other.agent_id = first.agent_id AND other.channel_id = first.channel_id
        AND other.contact_id IS first.contact_id AND other.target IS first.target), '')), ?5
  FROM message AS first WHERE first.id = ?2 AND first.folded_into = ?1`;

function insertStatements(write: Write, one: PlannedMessage, nowMs: number): D1PreparedStatement[] {
  const [now, since, summary] = [timestamp(nowMs), timestamp(nowMs - FOLDING.withinSeconds * 1_000), summaryId(one.id)];
  const { content } = one;
  const columns = [one.id, one.channelId, one.contactId, one.target, one.personId, one.requestId, one.agentId, content.type];
  const inserted = write(INSERT, ...columns, JSON.stringify(content), one.alike, one.edits, one.nextAt, one.givesUpAt, now, since, summary);
  if (one.alike === null) return [inserted];
  const many = {
    type: "requests.many",
    at: now,
    url: new URL(`/stop?agent=${one.agentId ?? ""}`, content.url).href,
  } satisfies MessageContent;
  return [inserted, write(INSERT_SUMMARY, summary, one.id, JSON.stringify(many), timestamp(nowMs + FOLDING.afterSeconds * 1_000), now)];
}

const isAsking = (row: string) => `${row}.type IN (${ASKING_TYPES.map((type) => `'${type}'`).join(", ")})`;
/** Whether the request of a message is over. */
const isOver = (row: string) => `EXISTS (SELECT 1 FROM approval WHERE approval.agent_id = ${row}.agent_id
  AND approval.requested_at = ${row}.content ->> '$.request.requestedAt' AND approval.id = ${row}.request_id AND approval.ended_at IS NOT NULL)`;

const IS_DUE = "message.state = 'waiting' AND message.next_at <= ?1 AND (message.held_until IS NULL OR message.held_until <= ?1)";
/** Nobody is asked any more; what it would have changed was never sent. */
const IS_MOOT = `((${isAsking("message")} AND ${isOver("message")})
  OR message.edits IN (SELECT id FROM message AS original WHERE original.id = message.edits AND original.state NOT IN ('waiting', 'sent')))`;
/** What it changes is there, and no earlier change of that is under way. */
const CAN_EDIT = `(message.edits IS NULL OR (
  EXISTS (SELECT 1 FROM message AS original WHERE original.id = message.edits AND original.state = 'sent')
  AND NOT EXISTS (SELECT 1 FROM message AS other WHERE other.request_id = message.request_id AND other.edits = message.edits
    AND other.state = 'waiting' AND other.rowid < message.rowid)))`;

const WHICH = { request: "message.request_id = ?2", message: "message.id = ?2", any: "?2 IS NULL" } as const;
/** One that is sent by hand goes over a channel that nothing was ever sent over, too. */
const CHANNEL_SERVES = "(channel.state = 'active' OR (message.type = 'channel.test' AND channel.state <> 'removed'))";

const HELD = `message.id, message.request_id AS requestId, message.person_id AS personId, message.contact_id AS contactId, message.target,
  message.content, message.attempts, message.gives_up_at AS givesUpAt, message.held_until AS heldUntil,
  (SELECT handle FROM message AS original WHERE original.id = message.edits) AS edits,
  contact.address, contact.key_id AS keyId,
  channel.id AS channelId, channel.name, channel.settings, channel.credential`;

interface HeldRow extends Pick<HeldMessage, "id" | "requestId" | "personId" | "target" | "attempts" | "givesUpAt" | "heldUntil" | "edits"> {
  contactId: string | null;
  content: string;
  address: string | null;
  keyId: string | null;
  channelId: string;
  name: string;
  settings: string;
  credential: string | null;
}

const heldMessage = ({ contactId, address, keyId, channelId, name, settings, credential, ...row }: HeldRow): HeldMessage => ({
  ...row,
  content: JSON.parse(row.content) as MessageContent,
  contact: contactId === null || address === null ? null : { id: contactId, address, keyId },
  channel: { id: channelId, name, settings: JSON.parse(settings) as ChannelSettings, credential },
});

function whichOf(which: Which): { where: string; value: string | null } {
  if (which === "any") return { where: WHICH.any, value: null };
  return "request" in which ? { where: WHICH.request, value: which.request } : { where: WHICH.message, value: which.message };
}

/** Taken in one statement, so that of two senders at the same moment one has it; and read in the same batch, the last of these, by that. */
function takeStatements(write: Write, { which, holdMs, most }: Taking, nowMs: number): D1PreparedStatement[] {
  const { where, value } = whichOf(which);
  // Another one for each sender: what it has taken is told apart by it.
  const [now, heldUntil] = [timestamp(nowMs), `${timestamp(nowMs + holdMs)}#${crypto.randomUUID()}`];
  return [
    write(`UPDATE message SET state = 'dropped', answer = 'moot' WHERE ${IS_DUE} AND ${where} AND ${IS_MOOT}`, now, value),
    write(
      `UPDATE message SET held_until = ?3, attempts = attempts + 1 WHERE id IN (
         SELECT message.id FROM message INNER JOIN channel ON channel.id = message.channel_id
         WHERE ${IS_DUE} AND ${where} AND ${CHANNEL_SERVES} AND ${CAN_EDIT} ORDER BY message.next_at LIMIT ?4)`,
      now,
      value,
      heldUntil,
      most,
    ),
    write(
      `SELECT ${HELD} FROM message INNER JOIN channel ON channel.id = message.channel_id LEFT JOIN contact ON contact.id = message.contact_id
       WHERE message.state = 'waiting' AND message.held_until = ?1`,
      heldUntil,
    ),
  ];
}

const DROP = `UPDATE message SET state = 'dropped', answer = 'not_needed'
  WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'waiting' AND (held_until IS NULL OR held_until <= ?2)`;

/** How those stand that `which` takes from. Of any only what waits: there may be a month of those that were sent. */
const standingOf = (where: string) => `
  SELECT min(message.next_at) FILTER (WHERE message.state = 'waiting' AND ${CHANNEL_SERVES} AND ${CAN_EDIT}) AS dueAt,
    min(message.sent_at) FILTER (WHERE message.state = 'sent' AND message.person_id IS NOT NULL AND ${isAsking("message")}) AS notifiedAt
  FROM message INNER JOIN channel ON channel.id = message.channel_id WHERE ${where}`;

function standingStatement(write: Write, which: Which): D1PreparedStatement {
  if (which === "any") return write(standingOf("message.state = 'waiting'"));
  return "request" in which
    ? write(standingOf("message.request_id = ?1"), which.request)
    : write(standingOf("message.id = ?1"), which.message);
}

/** `Messages` over D1. `jitter`: from 0 to 1, anew each time. */
export const messagesIn = (d1: D1Database, jitter: () => number): Messages =>
  messagesBy(d1, jitter, (sql, ...values) => d1.prepare(sql).bind(...values));

const messagesBy = (d1: D1Database, jitter: () => number, write: Write): Messages => ({
  routingFacts: (requestId, people, nowMs) => readRoutingFacts(d1, requestId, people, nowMs),

  async write({ add, drop }, take, nowMs) {
    const statements = [
      ...(drop.length === 0 ? [] : [write(DROP, JSON.stringify(drop), timestamp(nowMs))]),
      ...add.flatMap((one) => insertStatements(write, one, nowMs)),
      ...(take === null ? [] : takeStatements(write, take, nowMs)),
    ];
    if (statements.length === 0) return [];
    const results = await d1.batch<HeldRow>(statements);
    return take === null ? [] : (results.at(-1)?.results ?? []).map(heldMessage);
  },

  async record(attempts, which, nowMs) {
    const { statements, disables } = recordStatements(write, attempts, nowMs, jitter);
    const results = await d1.batch([...statements, standingStatement(write, which)]);
    const disabled = disables.flatMap((index) => (results[index]?.results ?? []) as { id: string; name: string }[]);
    const standing = results.at(-1)?.results[0] as Pick<AfterAttempts, "dueAt" | "notifiedAt"> | undefined;
    return { dueAt: standing?.dueAt ?? null, notifiedAt: standing?.notifiedAt ?? null, disabled };
  },

  async summary(messageId, nowMs) {
    const row = await d1
      .withSession("first-primary")
      .prepare(SUMMARY_NOW)
      .bind(messageId, timestamp(nowMs))
      .first<{ agent: string; name: string; since: string; count: number; open: number; alike: number; action: string | null }>();
    if (row === null || row.open === 0) return null;
    const { agent: id, name, since, count, alike, action } = row;
    return { agent: { id, name }, count, action, alike, since };
  },

  async contactsOfAdmins(butChannel) {
    const { results } = await d1
      .withSession("first-primary")
      .prepare(
        `SELECT contact.person_id AS personId, contact.id AS contactId, contact.channel_id AS channelId
         FROM contact INNER JOIN person ON person.id = contact.person_id INNER JOIN channel ON channel.id = contact.channel_id
         WHERE contact.confirmed_at IS NOT NULL AND channel.state = 'active' AND channel.id <> ?1
           AND EXISTS (SELECT 1 FROM json_each(person.roles) WHERE value = 'admin')`,
      )
      .bind(butChannel)
      .all<{ personId: string; contactId: string; channelId: string }>();
    return results;
  },
});

/** What was folded into a summary: how many, how many of them are open, and of which action most. */
const SUMMARY_NOW = `
  WITH folded AS (SELECT * FROM message WHERE folded_into = ?1),
    most AS (SELECT alike, count(*) AS times, max(content ->> '$.request.action') AS action FROM folded GROUP BY alike ORDER BY times DESC LIMIT 1)
  SELECT min(folded.agent_id) AS agent, min(folded.content ->> '$.request.agent.name') AS name, min(folded.created_at) AS since,
    count(*) AS count, sum(folded.content ->> '$.request.expiresAt' > ?2 AND NOT ${isOver("folded")}) AS open,
    (SELECT times FROM most) AS alike, (SELECT action FROM most) AS action
  FROM folded HAVING count(*) > 0`;

/**
 * Messages in D1 (d1-migrations/0013): written down, taken by one sender at a time, and what was answered. Plain SQL: drizzle does not look,
 * count and write in one statement.
 */
import { timestamp } from "#countersign/documents/words.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { AfterAttempts, HeldMessage, Messages, Taking, Which } from "#gate/channels/delivery.ts";
import type { PlannedMessage } from "#rules/notices/message.ts";
import { ASKING_TYPES, type MessageContent } from "#rules/notices/content.ts";
import { FOLDING, summaryId } from "#rules/notices/folding.ts";
import { MAY_SIGN_IN, readRoutingFacts } from "./routing-facts.ts";
import { recordStatements } from "./recorded-attempts.ts";

type Write = (sql: string, ...values: unknown[]) => D1PreparedStatement;

const COLUMNS =
  "(id, channel_id, contact_id, target, person_id, request_id, agent_id, type, content, alike, edits, next_at, gives_up_at, created_at, folded_into, state)";

/** Of a plan, which is `?1`, a JSON list: one row of it each. */
const PLANNED = `planned AS (SELECT value ->> 'id' AS id, value ->> 'channelId' AS channel_id, value ->> 'contactId' AS contact_id,
  value ->> 'target' AS target, value ->> 'personId' AS person_id, value ->> 'requestId' AS request_id, value ->> 'agentId' AS agent_id,
  value ->> 'content' AS content, value ->> 'alike' AS alike, value ->> 'edits' AS edits, value ->> 'nextAt' AS next_at,
  value ->> 'givesUpAt' AS gives_up_at, value ->> 'summary' AS summary, value ->> 'many' AS many FROM json_each(?1))`;

/** Of one agent to one address. */
const sameAddress = (row: string) =>
  `channel_id = ${row}.channel_id AND contact_id IS ${row}.contact_id AND target IS ${row}.target AND agent_id = ${row}.agent_id`;
/** The last few of them that may be folded, in their time. `?3`: since when. */
const LAST = `SELECT alike FROM message WHERE ${sameAddress("planned")} AND alike IS NOT NULL AND created_at >= ?3
  ORDER BY created_at DESC LIMIT ${FOLDING.most}`;
const IS_FLOOD = `planned.alike IS NOT NULL AND ((SELECT count(*) FROM (${LAST})) >= ${FOLDING.most}
  OR (SELECT count(*) FROM (${LAST}) WHERE alike = planned.alike) >= ${FOLDING.mostAlike})`;
/** The summary that waits and nobody is sending, or the one that this message begins. */
const SUMMARY = `coalesce((SELECT id FROM message WHERE type = 'requests.many' AND state = 'waiting'
  AND (held_until IS NULL OR length(held_until) = ${timestamp(0).length}) AND ${sameAddress("planned")} LIMIT 1), planned.summary)`;

/** `?2`: now. All rows of a plan at once: it has no two of one agent to one address that may be folded. */
const INSERT = `
  INSERT OR IGNORE INTO message ${COLUMNS}
  WITH ${PLANNED}, judged AS (SELECT planned.*, ${IS_FLOOD} AS flood FROM planned)
  SELECT id, channel_id, contact_id, target, person_id, request_id, agent_id, content ->> 'type', content, alike, edits, next_at, gives_up_at,
    ?2, CASE WHEN flood THEN ${SUMMARY.replaceAll("planned.", "judged.")} END, CASE WHEN flood THEN 'folded' ELSE 'waiting' END
  FROM judged`;

/** One that tells of what was folded: soon after the first of it (`?3`), and not soon after another one. */
const INSERT_SUMMARY = `
  INSERT OR IGNORE INTO message (id, channel_id, contact_id, target, person_id, request_id, agent_id, type, content, state, next_at, created_at)
  WITH ${PLANNED}
  SELECT planned.summary, first.channel_id, first.contact_id, first.target, first.person_id, first.request_id, first.agent_id,
    'requests.many', planned.many, 'waiting',
    max(?3, coalesce((
      SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(sent_at), '+${FOLDING.againSeconds} seconds') FROM message AS other
      WHERE other.type = 'requests.many' AND other.state = 'sent' AND other.agent_id = first.agent_id AND other.channel_id = first.channel_id
        AND other.contact_id IS first.contact_id AND other.target IS first.target), '')), ?2
  FROM planned INNER JOIN message AS first ON first.id = planned.id AND first.folded_into = planned.summary`;

/** So many of a plan in one statement: its text stays well below what a row may hold. */
const MOST_IN_ONE = 400;

/** What tells of a message together with others, should it be the first that is folded. */
function summaryOf({ id, agentId, content }: PlannedMessage, now: string): { summary: string; many: MessageContent } {
  return {
    summary: summaryId(id),
    many: { type: "requests.many", at: now, url: new URL(`/stop?agent=${agentId ?? ""}`, content.url).href },
  };
}

/** A plan of any size in few statements: of these an invocation has no more than a thousand. */
function insertStatements(write: Write, plan: readonly PlannedMessage[], nowMs: number): D1PreparedStatement[] {
  const [now, since, soon] = [0, -FOLDING.withinSeconds, FOLDING.afterSeconds].map((seconds) => timestamp(nowMs + seconds * 1_000));
  const statements: D1PreparedStatement[] = [];
  for (let from = 0; from < plan.length; from += MOST_IN_ONE) {
    const rows = plan.slice(from, from + MOST_IN_ONE).map((one) => ({ ...one, ...(one.alike !== null && summaryOf(one, now ?? "")) }));
    statements.push(write(INSERT, JSON.stringify(rows), now, since));
    const folding = rows.filter(({ alike }) => alike !== null);
    if (folding.length > 0) statements.push(write(INSERT_SUMMARY, JSON.stringify(folding), now, soon));
  }
  return statements;
}

const isAsking = (row: string) => `${row}.type IN (${ASKING_TYPES.map((type) => `'${type}'`).join(", ")})`;
/** Whether the request of a message is over. */
const isOver = (row: string) => `EXISTS (SELECT 1 FROM approval WHERE approval.agent_id = ${row}.agent_id
  AND approval.requested_at = ${row}.content ->> '$.request.requestedAt' AND approval.id = ${row}.request_id AND approval.ended_at IS NOT NULL)`;

const IS_DUE = "message.state = 'waiting' AND message.next_at <= ?1 AND (message.held_until IS NULL OR message.held_until <= ?1)";
/** The person is reached there no more. */
const IS_ADDRESS_GONE = "(message.contact_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM contact WHERE contact.id = message.contact_id))";
/** Nobody is asked any more; its time is over; what it would have changed was never sent. */
const IS_MOOT = `((${isAsking("message")} AND ${isOver("message")}) OR message.gives_up_at <= ?1 OR ${IS_ADDRESS_GONE}
  OR message.edits IN (SELECT id FROM message AS original WHERE original.id = message.edits AND original.state NOT IN ('waiting', 'sent')))`;
/** What it changes is there, and no earlier change of that is under way. */
const CAN_EDIT = `(message.edits IS NULL OR (
  EXISTS (SELECT 1 FROM message AS original WHERE original.id = message.edits AND original.state = 'sent')
  AND NOT EXISTS (SELECT 1 FROM message AS other WHERE other.request_id = message.request_id AND other.edits = message.edits
    AND other.state = 'waiting' AND other.rowid < message.rowid)))`;

const WHICH = {
  request: "message.request_id = ?2",
  message: "message.id = ?2",
  any: "(?2 IS NULL AND message.channel_id IN (SELECT id FROM channel WHERE state = 'active'))",
} as const;
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
    write(
      `UPDATE message SET state = 'dropped', answer = CASE WHEN ${IS_ADDRESS_GONE} THEN 'address_gone' ELSE 'moot' END
       WHERE ${IS_DUE} AND ${where} AND ${IS_MOOT}`,
      now,
      value,
    ),
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

/** When it can be taken: not while another sender has it. */
const TAKEN_FROM = "max(message.next_at, coalesce(substr(message.held_until, 1, 24), ''))";
/** Somebody who may decide, and not only who is told in their place; in time. */
const IS_NOTIFIED = `message.state = 'sent' AND message.person_id IS NOT NULL AND ${isAsking("message")}
  AND message.content ->> '$.insteadOf' IS NULL AND message.sent_at < message.content ->> '$.request.expiresAt'`;
/** How those stand that `which` takes from. */
const standingOf = (where: string) => `
  SELECT min(${TAKEN_FROM}) FILTER (WHERE message.state = 'waiting' AND ${CHANNEL_SERVES} AND ${CAN_EDIT}) AS dueAt,
    min(message.sent_at) FILTER (WHERE ${IS_NOTIFIED}) AS notifiedAt
  FROM message INNER JOIN channel ON channel.id = message.channel_id WHERE ${where}`;

/** Of any only what is due: there may be a month of those that were sent, and of those that wait for a channel that is off. */
function standingStatement(write: Write, which: Which, nowMs: number): D1PreparedStatement {
  if (which === "any") return write(standingOf(`${IS_DUE} AND ${WHICH.any}`), timestamp(nowMs), null);
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
      ...insertStatements(write, add, nowMs),
      ...(take === null ? [] : takeStatements(write, take, nowMs)),
    ];
    if (statements.length === 0) return [];
    const results = await d1.batch<HeldRow>(statements);
    return take === null ? [] : (results.at(-1)?.results ?? []).map(heldMessage);
  },

  async record(attempts, which, nowMs) {
    const { statements, disables } = recordStatements(write, attempts, nowMs, jitter);
    const results = await d1.batch([...statements, standingStatement(write, which, nowMs)]);
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
         WHERE contact.confirmed_at IS NOT NULL AND channel.state = 'active' AND channel.id <> ?1 AND ${MAY_SIGN_IN}
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

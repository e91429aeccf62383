/** What attempts to send leave behind: on their messages, their channels, and the contacts that they went to. Few statements, of however many. */
import { timestamp } from "#countersign/documents/words.ts";
import type { Attempt } from "#gate/channels/delivery.ts";
import { afterFailure, DISABLED_AFTER_MS, REAPED_AFTER_MS } from "#rules/notices/retries.ts";

type Write = (sql: string, ...values: unknown[]) => D1PreparedStatement;

interface Outcome {
  message: Attempt["message"];
  is: "sent" | "retry" | "refused" | "gone" | "moot";
  answer: string;
  /** Whether it says something of the whole channel. */
  isOfChannel: boolean;
}

function outcomeOf({ message, sent }: Attempt): Outcome {
  if (sent.ok) return { message, is: "sent", answer: sent.value.answer, isOfChannel: true };
  const { refusal } = sent;
  // A person's address that fails says nothing of the channel; one that takes something says that it works.
  return { message, is: refusal.reason, answer: refusal.answer, isOfChannel: message.contact === null && refusal.reason !== "moot" };
}

/** The statements, and which of them answer with a channel that they switch off. Whoever lost its hold meanwhile still tells what went out. */
export function recordStatements(write: Write, attempts: readonly Attempt[], nowMs: number, jitter: () => number) {
  const outcomes = attempts.map(outcomeOf);
  const statements = [...onMessages(write, attempts, nowMs, jitter), ...onContacts(write, outcomes, nowMs)];
  const disables: number[] = [];
  // Of one channel what was accepted counts, else the last failure.
  const ofChannels = new Map<string, Outcome>();
  for (const one of outcomes) {
    const { id } = one.message.channel;
    if (one.isOfChannel && ofChannels.get(id)?.is !== "sent") ofChannels.set(id, one);
  }
  for (const [id, { is, answer, message }] of ofChannels) {
    statements.push(onChannel(write, id, is, answer, nowMs));
    if (is === "sent") continue;
    disables.push(statements.length);
    // A system that says that it is gone is sent nothing more; a place that is gone is one of several.
    const isGone = is === "gone" && message.channel.settings.kind === "webhook";
    statements.push(disable(write, id, nowMs, isGone ? 0 : DISABLED_AFTER_MS));
  }
  return { statements, disables };
}

const SENT = `UPDATE message SET state = 'sent', sent_at = ?2, answer = one.value ->> 'answer', handle = one.value ->> 'handle', held_until = NULL
  FROM json_each(?1) AS one WHERE message.id = one.value ->> 'id' AND message.state <> 'sent'`;
/** A summary that was tried is held until it is tried again: of those that nobody has tried there is one, and there may be another by now. */
const NOT_SENT = `UPDATE message SET state = one.value ->> 'state', next_at = one.value ->> 'nextAt', answer = one.value ->> 'answer',
    held_until = CASE WHEN message.type = 'requests.many' THEN one.value ->> 'nextAt' END
  FROM json_each(?1) AS one
  WHERE message.id = one.value ->> 'id' AND message.held_until = one.value ->> 'heldUntil' AND message.state = 'waiting'`;

function onMessages(write: Write, attempts: readonly Attempt[], nowMs: number, jitter: () => number): D1PreparedStatement[] {
  const sent = attempts.flatMap(({ message: { id }, sent: how }) => (how.ok ? [{ id, ...how.value }] : []));
  const notSent = attempts.flatMap(({ message, sent: how }) => {
    if (how.ok) return [];
    const { id, heldUntil } = message;
    return [{ id, heldUntil, answer: how.refusal.answer, ...afterFailure(how.refusal, { ...message, jitter: jitter() }, nowMs) }];
  });
  return [
    ...(sent.length === 0 ? [] : [write(SENT, JSON.stringify(sent), timestamp(nowMs))]),
    ...(notSent.length === 0 ? [] : [write(NOT_SENT, JSON.stringify(notSent))]),
  ];
}

const CHANNEL_WORKS =
  "EXISTS (SELECT 1 FROM channel WHERE channel.id = contact.channel_id AND channel.last_sent_at > contact.failing_since)";
const AMONG = "id IN (SELECT value FROM json_each(?1))";

function onContacts(write: Write, outcomes: readonly Outcome[], nowMs: number): D1PreparedStatement[] {
  const idsOf = (wanted: Outcome["is"]) =>
    outcomes.flatMap(({ is, message: { contact } }) => (is === wanted && contact !== null ? [contact.id] : []));
  const on = (ids: string[], sql: string, ...values: unknown[]) => (ids.length === 0 ? [] : [write(sql, JSON.stringify(ids), ...values)]);
  const refused = idsOf("refused");
  return [
    ...on(idsOf("sent"), `UPDATE contact SET failing_since = NULL WHERE ${AMONG} AND failing_since IS NOT NULL`),
    ...on(idsOf("gone"), `DELETE FROM contact WHERE ${AMONG}`),
    ...on(refused, `UPDATE contact SET failing_since = coalesce(failing_since, ?2) WHERE ${AMONG}`, timestamp(nowMs)),
    // Refused for days, as a subscription that was made with a key that is no more; while others take what is sent over the same channel,
    // or a credential that has expired would empty everybody's addresses.
    ...on(refused, `DELETE FROM contact WHERE ${AMONG} AND failing_since <= ?2 AND ${CHANNEL_WORKS}`, timestamp(nowMs - REAPED_AFTER_MS)),
  ];
}

function onChannel(write: Write, id: string, is: Outcome["is"], answer: string, nowMs: number): D1PreparedStatement {
  const now = timestamp(nowMs);
  if (is === "sent")
    return write("UPDATE channel SET last_sent_at = ?2, last_answer = ?3, failing_since = NULL WHERE id = ?1", id, now, answer);
  return write("UPDATE channel SET last_answer = ?3, failing_since = coalesce(failing_since, ?2) WHERE id = ?1", id, now, answer);
}

const disable = (write: Write, id: string, nowMs: number, afterMs: number): D1PreparedStatement =>
  write(
    "UPDATE channel SET state = 'disabled', state_at = ?2 WHERE id = ?1 AND state = 'active' AND failing_since <= ?3 RETURNING id, name",
    id,
    timestamp(nowMs),
    timestamp(nowMs - afterMs),
  );

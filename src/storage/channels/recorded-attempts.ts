/** What an attempt to send leaves behind: on its message, its channel, and the contact that it went to. */
import { timestamp } from "#countersign/documents/words.ts";
import type { Attempt } from "#gate/channels/delivery.ts";
import { afterFailure, DISABLED_AFTER_MS, REAPED_AFTER_MS } from "#rules/notices/retries.ts";

type Write = (sql: string, ...values: unknown[]) => D1PreparedStatement;

/** The statements, and which of them answer with a channel that they switch off. Whoever lost its hold meanwhile still tells what went out. */
export function recordStatements(write: Write, attempts: readonly Attempt[], nowMs: number, jitter: () => number) {
  const statements: D1PreparedStatement[] = [];
  const disables: number[] = [];
  for (const attempt of attempts) {
    const { message, sent } = attempt;
    const { is, answer } = sent.ok
      ? { is: "sent" as const, answer: sent.value.answer }
      : { is: sent.refusal.reason, answer: sent.refusal.answer };
    statements.push(onMessage(write, attempt, nowMs, jitter()));
    if (is === "moot") continue;
    if (message.contact !== null) statements.push(...onContact(write, message.contact.id, is, nowMs));
    // A person's address that fails says nothing of the channel; one that takes something says that it works.
    if (is !== "sent" && message.contact !== null) continue;
    statements.push(onChannel(write, message.channel.id, is, answer, nowMs));
    if (is === "sent") continue;
    disables.push(statements.length);
    statements.push(disable(write, message.channel.id, nowMs));
  }
  return { statements, disables };
}

function onMessage(write: Write, { message, sent }: Attempt, nowMs: number, jitter: number): D1PreparedStatement {
  const now = timestamp(nowMs);
  if (sent.ok) {
    const { answer, handle } = sent.value;
    return write(
      "UPDATE message SET state = 'sent', sent_at = ?2, answer = ?3, handle = ?4, held_until = NULL WHERE id = ?1 AND state <> 'sent'",
      message.id,
      now,
      answer,
      handle,
    );
  }
  const { state, nextAt } = afterFailure(sent.refusal, { ...message, jitter }, nowMs);
  return write(
    "UPDATE message SET state = ?2, next_at = ?3, answer = ?4, held_until = NULL WHERE id = ?1 AND held_until = ?5 AND state = 'waiting'",
    message.id,
    state,
    nextAt,
    sent.refusal.answer,
    message.heldUntil,
  );
}

function onContact(write: Write, id: string, is: "sent" | "retry" | "refused" | "gone", nowMs: number): D1PreparedStatement[] {
  const now = timestamp(nowMs);
  if (is === "sent") return [write("UPDATE contact SET failing_since = NULL WHERE id = ?1 AND failing_since IS NOT NULL", id)];
  if (is === "gone") return [write("DELETE FROM contact WHERE id = ?1", id)];
  if (is === "retry") return [];
  return [
    write("UPDATE contact SET failing_since = coalesce(failing_since, ?2) WHERE id = ?1", id, now),
    // Refused for days, as a subscription that was made with a key that is no more.
    write("DELETE FROM contact WHERE id = ?1 AND failing_since <= ?2", id, timestamp(nowMs - REAPED_AFTER_MS)),
  ];
}

function onChannel(
  write: Write,
  id: string,
  is: "sent" | "retry" | "refused" | "gone",
  answer: string,
  nowMs: number,
): D1PreparedStatement {
  const now = timestamp(nowMs);
  if (is === "sent")
    return write("UPDATE channel SET last_sent_at = ?2, last_answer = ?3, failing_since = NULL WHERE id = ?1", id, now, answer);
  return write("UPDATE channel SET last_answer = ?3, failing_since = coalesce(failing_since, ?2) WHERE id = ?1", id, now, answer);
}

const disable = (write: Write, id: string, nowMs: number): D1PreparedStatement =>
  write(
    "UPDATE channel SET state = 'disabled', state_at = ?2 WHERE id = ?1 AND state = 'active' AND failing_since <= ?3 RETURNING id, name",
    id,
    timestamp(nowMs),
    timestamp(nowMs - DISABLED_AFTER_MS),
  );

/** Alerts in D1 (d1-migrations/0029), with the messages that tell of them. Plain SQL: each message is written only with its alert's row. */
import type { Alert } from "#rules/console/alerts.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import { MAY_SIGN_IN } from "../channels/routing-facts.ts";

const COLUMNS = "(id, channel_id, contact_id, person_id, type, content, state, next_at, created_at)";
const ID = "'msg_' || lower(hex(randomblob(16)))";
const STANDS = "EXISTS (SELECT 1 FROM alert WHERE alert.id = ?3 AND alert.token = ?4)";

/** Webhooks that are told of it, and admins over what they have. `?1`: what is said; `?2`: now. */
const TELL_SYSTEMS = `
  INSERT INTO message ${COLUMNS}
  SELECT ${ID}, channel.id, NULL, NULL, ?1 ->> '$.type', ?1, 'waiting', ?2, ?2 FROM channel
  WHERE channel.kind = 'webhook' AND channel.state = 'active' AND ${STANDS}
    AND EXISTS (SELECT 1 FROM json_each(channel.events) WHERE ?1 ->> '$.type' GLOB substr(value, 1, 50))`;
const TELL_ADMINS = `
  INSERT INTO message ${COLUMNS}
  SELECT ${ID}, contact.channel_id, contact.id, contact.person_id, ?1 ->> '$.type', ?1, 'waiting', ?2, ?2
  FROM contact INNER JOIN person ON person.id = contact.person_id INNER JOIN channel ON channel.id = contact.channel_id
  WHERE contact.confirmed_at IS NOT NULL AND channel.state = 'active' AND ${MAY_SIGN_IN} AND ${STANDS}
    AND EXISTS (SELECT 1 FROM json_each(person.roles) WHERE value = 'admin')`;

/** `url`: where admins see it. */
export async function writeAlerts(
  d1: D1Database,
  { begun, over }: { begun: readonly Alert[]; over: readonly Alert[] },
  { at, url }: { at: string; url: string },
): Promise<number> {
  const told: number[] = [];
  const statements: D1PreparedStatement[] = [];
  const tell = (type: "alert.began" | "alert.ended", { id, name, since, detail }: Alert, token: string): void => {
    const content: MessageContent = { type, at, url, alert: { name, since, ...detail } };
    for (const sql of [TELL_SYSTEMS, TELL_ADMINS]) {
      told.push(statements.length);
      statements.push(d1.prepare(sql).bind(JSON.stringify(content), at, id, token));
    }
  };
  for (const alert of begun) {
    const token = crypto.randomUUID();
    const { id, name, since, detail } = alert;
    statements.push(
      d1
        .prepare("INSERT OR IGNORE INTO alert (id, name, since, detail, token) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(id, name, since, JSON.stringify(detail), token),
    );
    tell("alert.began", alert, token);
  }
  for (const alert of over) {
    // Of two rounds that both saw it end the first to take it is the one that tells: `since` is of this alert and no later one of that id.
    const token = crypto.randomUUID();
    statements.push(d1.prepare("UPDATE alert SET token = ?3 WHERE id = ?1 AND since = ?2").bind(alert.id, alert.since, token));
    tell("alert.ended", alert, token);
    statements.push(d1.prepare("DELETE FROM alert WHERE id = ?1 AND token = ?2").bind(alert.id, token));
  }
  const results = await d1.batch(statements);
  return told.reduce((sum, index) => sum + (results[index]?.meta.changes ?? 0), 0);
}

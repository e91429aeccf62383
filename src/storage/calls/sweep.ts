/**
 * What is kept of calls goes when its time is over: first what is kept of arguments and results, as the rule of each says, then the record
 * itself, as the deployment says, but not before that. What the log commits to stays there.
 */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { type CallRecord, callShape } from "#countersign/documents/call.ts";
import { callPlaceFrom } from "#rules/audit/entry-place.ts";
import { deleteNotices } from "./notices.ts";
import { termsOf } from "./terms.ts";

const DAY_MS = 86_400_000;
/** At a time, of a database that others write to; */
const MOST = 500;
/** and so often, each quarter of an hour: two million a day. */
const ROUNDS = 40;
/** Ids that come as one text of JSON. */
const GIVEN = "SELECT value FROM json_each(?1)";

interface Due {
  id: number;
  record: string;
  status: CallRecord["status"];
  ended: string | null;
  session: string | null;
  trace: string | null;
}

/** One round; `keepDays`: how long the deployment keeps records. */
export async function sweepCalls(audit: D1Database, nowMs: number, keepDays: number): Promise<void> {
  const before = callPlaceFrom(nowMs - keepDays * DAY_MS);
  for (let round = 0; round < ROUNDS; round++) {
    const contents = await sweepContents(audit, nowMs, before);
    const calls = await sweepRecords(audit, before);
    if (contents < MOST && calls < MOST) break;
  }
  await sweepBatches(audit, nowMs - keepDays * DAY_MS);
}

/** What stays of a call is found by its terms still, and by no word of what is gone. */
async function sweepContents(audit: D1Database, nowMs: number, before: number): Promise<number> {
  const { results } = await audit
    .prepare(
      `SELECT content.id, call.record, call.status, call.ended, call.session, call.trace
       FROM content CROSS JOIN call ON call.id = content.id WHERE content.until <= ?1 ORDER BY content.until LIMIT ${MOST}`,
    )
    .bind(nowMs)
    .all<Due>();
  if (results.length === 0) return 0;
  const ids = JSON.stringify(results.map(({ id }) => id));
  const old = JSON.stringify(results.filter(({ id }) => id < before).map(({ id }) => id));
  const words = results.filter(({ id }) => id >= before).map((due) => ({ id: due.id, terms: termsOfDue(due) }));
  await audit.batch([
    audit.prepare("DELETE FROM content WHERE id IN (SELECT value FROM json_each(?1))").bind(ids),
    audit.prepare("DELETE FROM words WHERE rowid IN (SELECT value FROM json_each(?1))").bind(old),
    deleteNotices(audit, GIVEN).bind(old),
    audit.prepare("DELETE FROM call WHERE id IN (SELECT value FROM json_each(?1))").bind(old),
    audit
      .prepare("INSERT OR REPLACE INTO words (rowid, terms, text) SELECT value ->> '$.id', value ->> '$.terms', '' FROM json_each(?1)")
      .bind(JSON.stringify(words)),
  ]);
  return results.length;
}

function termsOfDue({ record, status, ended, session, trace }: Due): string {
  const call = callShape(JSON.parse(record) as JsonValue, "record");
  const { request } = ended === null ? call : (JSON.parse(ended) as Pick<CallRecord, "request">);
  return termsOf(call, { status, request }, { session, trace });
}

/** Those of which nothing else is kept; the others go with what is. What was passed is not looked at again. */
async function sweepRecords(audit: D1Database, before: number): Promise<number> {
  const reached = (await audit.prepare("SELECT reached FROM sweep").first<number>("reached")) ?? 0;
  const { results } = await audit
    .prepare(
      `SELECT id, EXISTS (SELECT 1 FROM content WHERE content.id = call.id) AS isKept
       FROM call WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ${MOST}`,
    )
    .bind(reached, before)
    .all<{ id: number; isKept: 0 | 1 }>();
  const last = results.at(-1);
  if (last === undefined) return 0;
  const ids = JSON.stringify(results.filter(({ isKept }) => isKept === 0).map(({ id }) => id));
  await audit.batch([
    audit.prepare("DELETE FROM words WHERE rowid IN (SELECT value FROM json_each(?1))").bind(ids),
    deleteNotices(audit, GIVEN).bind(ids),
    audit.prepare("DELETE FROM call WHERE id IN (SELECT value FROM json_each(?1))").bind(ids),
    audit.prepare("UPDATE sweep SET reached = ?1").bind(last.id + 1),
  ]);
  return results.length;
}

/** The newest of each agent stays, by which its object knows how far it has come. */
async function sweepBatches(audit: D1Database, beforeMs: number): Promise<void> {
  await audit
    .prepare(
      `DELETE FROM batch WHERE (agent, first) IN (
         SELECT agent, first FROM batch WHERE at < ?1
           AND EXISTS (SELECT 1 FROM batch AS newer WHERE newer.agent = batch.agent AND newer.first > batch.first)
           AND NOT EXISTS (SELECT 1 FROM call WHERE call.agent = batch.agent AND call.number BETWEEN batch.first AND batch.last)
         LIMIT ${MOST})`,
    )
    .bind(beforeMs)
    .run();
}

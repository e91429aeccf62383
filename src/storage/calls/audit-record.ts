/** The record of calls in `AUDIT` (d1-migrations/audit), as an agent's object writes it. Plain SQL: rows come as JSON, many a statement. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonValue } from "#countersign/json/canonical-json.ts";
import { type CallRecord, callShape } from "#countersign/documents/call.ts";
import { recordShapes } from "#countersign/documents/record.ts";
import type { AuditRecord, BatchOfCalls, LateEnd, RecordedCall } from "#gate/calls/activity/audit-record.ts";
import { callPlaceFrom } from "#rules/audit/entry-place.ts";
import { joinedHashes, membersOfEnd } from "#rules/calls/record/call-record.ts";
import type { KeptCall } from "#rules/calls/record/kept-call.ts";
import { deleteNotices, insertNotices } from "./notices.ts";
import { callId, termsOf, wordsOf } from "./terms.ts";

const DAY_MS = 86_400_000;
/** So many places are tried for calls of one moment. */
const TURNS = 5;

interface BatchRow {
  first: number;
  last: number;
  root: string;
  record: string;
  salt: string;
}

const primary = (d1: D1Database) => d1.withSession("first-primary");

/** `keepDays`: how long the deployment keeps what a call does not say otherwise of. */
export const auditRecord = (d1: D1Database, keepDays: number): AuditRecord => ({
  write: (agentId, batch) => write(d1, agentId, batch, keepDays),

  async takeBack(agentId, { from, sealed }) {
    const ofBatch = "SELECT 1 FROM batch WHERE agent = ?1 AND first = ?2 AND root = ?3";
    const numbers = "agent = ?1 AND number BETWEEN ?2 AND ?4";
    const ids = `SELECT id FROM call WHERE ${numbers}`;
    const { root, to } = sealed.record;
    await d1.batch([
      deleteNotices(d1, `${ids} AND EXISTS (${ofBatch})`).bind(agentId, from, root, to),
      ...["words WHERE rowid", "content WHERE id", "call WHERE id"].map((rows) =>
        d1.prepare(`DELETE FROM ${rows} IN (${ids} AND EXISTS (${ofBatch}))`).bind(agentId, from, root, to),
      ),
      d1.prepare("DELETE FROM batch WHERE agent = ?1 AND first = ?2 AND root = ?3").bind(agentId, from, root),
    ]);
  },

  async noteEnds(agentId, ends) {
    if (ends.length === 0) return;
    await d1.batch(ends.flatMap((end) => endStatements(d1, agentId, end, keepDays)));
  },

  async newest(agentId) {
    const row = await primary(d1)
      .prepare("SELECT first, last, root, record, salt FROM batch WHERE agent = ?1 ORDER BY first DESC LIMIT 1")
      .bind(agentId)
      .first<BatchRow>();
    if (row === null) return null;
    const record = recordShapes["calls.logged"](JSON.parse(row.record) as JsonValue, "record");
    return { from: row.first, to: row.last, sealed: { record, salt: row.salt } };
  },

  async salts(agentId, from, most) {
    const query = primary(d1).prepare("SELECT number, salt FROM call WHERE agent = ?1 AND number >= ?2 ORDER BY number LIMIT ?3");
    return (await query.bind(agentId, from, most).all<{ number: number; salt: string }>()).results;
  },

  async since(agentId, atMs, most) {
    const { results } = await primary(d1)
      .prepare("SELECT record, salt, status, ended, trace FROM call WHERE agent = ?1 AND id >= ?2 ORDER BY number DESC LIMIT ?3")
      .bind(agentId, callPlaceFrom(atMs), most)
      .all<{ record: string; salt: string; status: CallRecord["status"]; ended: string | null; trace: string | null }>();
    return results.map(({ record, salt, status, ended, trace }) => {
      const { number, at, server, tool, rule, request } = callShape(JSON.parse(record) as JsonValue, "record");
      const later = ended === null ? null : (JSON.parse(ended) as Pick<CallRecord, "request">);
      return { number, at, server: server.name, tool, status, rule, trace, request: later?.request ?? request, salt };
    });
  },
});

async function write(d1: D1Database, agentId: string, batch: BatchOfCalls, keepDays: number): Promise<"written" | "taken"> {
  for (let turn = 0; turn < TURNS; turn++) {
    const there = await primary(d1)
      .prepare("SELECT first, last, root, record, salt FROM batch WHERE agent = ?1 AND last >= ?2 ORDER BY first LIMIT 1")
      .bind(agentId, batch.from)
      .first<BatchRow>();
    if (there !== null) return await isThere(d1, agentId, there, batch);
    try {
      await d1.batch(batchStatements(d1, agentId, batch, { keepDays, turn }));
      return "written";
    } catch (error) {
      // Another writer's batch, which is read now; or another call of the same moment has an id, and the next turn has others.
      if (!/batch_in_order|UNIQUE constraint failed/.test(String(error))) throw error;
    }
  }
  throw new Error(`there is no place for calls of ${agentId} in the record`);
}

/** What is sealed for another log by now says so here too. */
async function isThere(d1: D1Database, agentId: string, there: BatchRow, { from, sealed }: BatchOfCalls): Promise<"written" | "taken"> {
  if (there.first !== from || there.root !== sealed.record.root) return "taken";
  if (there.salt !== sealed.salt)
    await d1
      .prepare("UPDATE batch SET record = ?3, salt = ?4 WHERE agent = ?1 AND first = ?2 AND root = ?5")
      .bind(agentId, from, canonicalize(sealed.record), sealed.salt, there.root)
      .run();
  return "written";
}

interface Writing {
  keepDays: number;
  turn: number;
}

function batchStatements(d1: D1Database, agentId: string, batch: BatchOfCalls, { keepDays, turn }: Writing): D1PreparedStatement[] {
  const { from, to, sealed, hashes, calls } = batch;
  const rows = calls.map((call) => rowsOf(call, callId(call.kept.atMs, agentId, call.record.number, turn), keepDays));
  const contents = rows.flatMap(({ content }) => (content === null ? [] : [content]));
  const at = Math.max(...calls.map(({ kept }) => kept.atMs));
  const many = (sql: string, values: object[]) => d1.prepare(`${sql} FROM json_each(?1)`).bind(JSON.stringify(values));
  return [
    d1
      .prepare("INSERT INTO batch (agent, first, last, root, record, salt, hashes, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
      .bind(agentId, from, to, sealed.record.root, canonicalize(sealed.record), sealed.salt, b64u(joinedHashes(hashes)), at),
    many(
      `INSERT INTO call (id, agent, number, record, salt, status, session, trace, masked)
       SELECT value ->> '$.id', value ->> '$.agent', value ->> '$.number', value ->> '$.record', value ->> '$.salt', value ->> '$.status',
         value ->> '$.session', value ->> '$.trace', value ->> '$.masked'`,
      rows.map(({ call }) => call),
    ),
    many(
      "INSERT INTO words (rowid, terms, text) SELECT value ->> '$.id', value ->> '$.terms', value ->> '$.text'",
      rows.map(({ words }) => words),
    ),
    ...(contents.length === 0
      ? []
      : [
          many(
            `INSERT INTO content (id, until, arguments, result, cut)
             SELECT value ->> '$.id', value ->> '$.until', value ->> '$.arguments', value ->> '$.result', value ->> '$.cut'`,
            contents,
          ),
        ]),
    ...insertNotices(d1, calls),
  ];
}

const maskedText = (masked: readonly object[] | undefined): string | null =>
  masked === undefined || masked.length === 0 ? null : JSON.stringify(masked);

const untilOf = ({ atMs, keep }: KeptCall, keepDays: number): number => atMs + (keep.days ?? keepDays) * DAY_MS;

/** Which of both were cut, by their first letters. */
const cutOf = (args: KeptCall["arguments"], result: KeptCall["arguments"]): string =>
  `${args?.isCut === true ? "a" : ""}${result?.isCut === true ? "r" : ""}`;

function rowsOf({ record, kept }: RecordedCall, id: number, keepDays: number) {
  const [args, result] = [kept.arguments, kept.end?.result ?? null];
  const { session, trace, salt } = kept;
  const { number, status, agent } = record;
  return {
    call: { id, agent: agent.id, number, record: canonicalize(record), salt, status, session, trace, masked: maskedText(kept.end?.masked) },
    words: { id, terms: termsOf(record, record, kept), text: wordsOf(args?.text ?? null, result?.text ?? null) },
    content:
      args === null && result === null
        ? null
        : { id, until: untilOf(kept, keepDays), arguments: args?.text ?? null, result: result?.text ?? null, cut: cutOf(args, result) },
  };
}

/** Each is found by its number; one that is not kept any more is passed over. */
function endStatements(d1: D1Database, agentId: string, { number, end, kept }: LateEnd, keepDays: number): D1PreparedStatement[] {
  const members = membersOfEnd(kept.facts, end);
  const ofCall = "FROM call WHERE agent = ?1 AND number = ?2";
  const result = end.result?.text ?? null;
  const { facts, session, trace } = kept;
  const terms = termsOf({ ...facts, agent: { id: agentId, name: agentId } }, members, { session, trace });
  return [
    d1
      .prepare("UPDATE call SET status = ?3, ended = ?4, masked = ?5 WHERE agent = ?1 AND number = ?2")
      .bind(agentId, number, members.status, canonicalize(members), maskedText(end.masked)),
    ...(result === null
      ? []
      : [
          d1
            .prepare(
              `INSERT INTO content (id, until, result, cut) SELECT id, ?3, ?4, ?5 ${ofCall}
               ON CONFLICT (id) DO UPDATE SET result = excluded.result, cut = replace(cut, 'r', '') || excluded.cut`,
            )
            .bind(agentId, number, untilOf(kept, keepDays), result, cutOf(null, end.result)),
        ]),
    d1
      .prepare(
        `INSERT OR REPLACE INTO words (rowid, terms, text)
         SELECT id, ?3, coalesce((SELECT substr(arguments, 1, 4000) FROM content WHERE content.id = call.id), '') || ' ' || ?4 ${ofCall}`,
      )
      .bind(agentId, number, terms, wordsOf(result)),
  ];
}

/** The words by which the record of calls is searched: what they are of is in its other tables, so they are made again from these. */
import { termsOf, wordsOf } from "../../src/storage/calls/terms.ts";
import { literal } from "./short-statements.mjs";

const PAGE = 200;

/** As the service writes them (src/storage/calls/audit-record.ts). */
export async function* searchWords(reader) {
  let reached = -1;
  for (;;) {
    const rows = await reader.rows(
      `SELECT call.id, call.record, call.status, call.ended, call.session, call.trace, content.arguments, content.result
       FROM call LEFT JOIN content ON content.id = call.id WHERE call.id > ${reached} ORDER BY call.id LIMIT ${PAGE}`,
    );
    for (const row of rows) yield wordsOfCall(row);
    if (rows.length < PAGE) return;
    reached = rows.at(-1).id;
  }
}

function wordsOfCall({ id, record, status, ended, session, trace, arguments: args, result }) {
  const call = JSON.parse(record);
  const { request } = ended === null ? call : JSON.parse(ended);
  const terms = termsOf(call, { status, request }, { session, trace });
  return `INSERT INTO words (rowid, terms, text) VALUES(${id},${literal(terms)},${literal(wordsOf(args, result))})`;
}

/** Calls in `AUDIT` as they are listed, shown step by step, and proved (d1-migrations/audit). Plain SQL: FTS5. */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import { type CallRecord, callShape } from "#countersign/documents/call.ts";
import { type RecordOf, recordShapes, type SealedRecord } from "#countersign/documents/record.ts";
import { callPlaceFrom } from "#rules/audit/entry-place.ts";
import { splitHashes } from "#rules/calls/record/call-record.ts";
import { type CallFilter, matchOf } from "./terms.ts";

/** A call as it stands now. */
export interface ListedCall {
  /** Its place in all lists: those of later calls are greater. */
  id: number;
  /** With its end, if that is known by now. */
  record: CallRecord;
  session: string | null;
  trace: string | null;
  masked: { place: string; by: string; times: number }[];
  /** What is kept of it, where that is asked for; null where nothing is. */
  content: { arguments: string | null; result: string | null; isCut: { arguments: boolean; result: boolean } } | null;
}

export interface CallQuery extends CallFilter {
  /** Milliseconds since the epoch: not before, and before. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  /** Words that all have to be in what is kept. */
  q?: string | undefined;
}

interface Row {
  id: number;
  record: string;
  ended: string | null;
  session: string | null;
  trace: string | null;
  masked: string | null;
  arguments: string | null;
  result: string | null;
  cut: string | null;
}

/** How a list goes. */
export interface CallListing {
  /** Beyond that one; null from the beginning. */
  beyond: number | null;
  most: number;
  order: "newest-first" | "oldest-first";
  withContent: boolean;
}

const COLUMNS = "call.id, call.record, call.ended, call.session, call.trace, call.masked";
/** Hashes may be alike, and then the row itself says that it is another. */
const EXACTLY: Record<keyof CallFilter, string> = {
  agent: "call.agent",
  server: "",
  tool: "call.record ->> '$.tool'",
  status: "call.status",
  rule: "call.record ->> '$.rule'",
  request: "coalesce(call.ended ->> '$.request', call.record ->> '$.request')",
  session: "call.session",
  trace: "call.trace",
};

/** At most `most` calls. */
export async function listCalls(
  audit: D1Database,
  { fromMs, toMs, q, ...filter }: CallQuery,
  { beyond, most, order, withContent }: CallListing,
): Promise<ListedCall[]> {
  const values: (string | number)[] = [];
  // D1 binds a number as one with a fraction, by which FTS5 finds no place, and would go through everything that is newer.
  const put = (value: string | number): string =>
    typeof value === "number" ? `CAST(?${values.push(value)} AS INTEGER)` : `?${values.push(value)}`;
  const match = matchOf(filter, q);
  // With FTS5 the order is that of its own rows, so that it stops once it has enough.
  const id = match === null ? "call.id" : "words.rowid";
  const conditions = [
    ...(match === null ? [] : [`words MATCH ${put(match)}`]),
    ...(beyond === null ? [] : [`${id} ${order === "newest-first" ? "<" : ">"} ${put(beyond)}`]),
    ...(fromMs === undefined ? [] : [`${id} >= ${put(callPlaceFrom(fromMs))}`]),
    ...(toMs === undefined ? [] : [`${id} < ${put(callPlaceFrom(toMs))}`]),
    ...Object.entries(EXACTLY).flatMap(([name, column]) => {
      const wanted = filter[name as keyof CallFilter];
      if (wanted === undefined) return [];
      if (name !== "server") return [`${column} = ${put(wanted)}`];
      const server = put(wanted);
      return [`${server} IN (call.record ->> '$.server.id', call.record ->> '$.server.name')`];
    }),
  ];
  const from = match === null ? "call" : "words CROSS JOIN call ON call.id = words.rowid";
  const content = withContent ? "LEFT JOIN content ON content.id = call.id" : "";
  const sql = `SELECT ${COLUMNS}, ${withContent ? "content.arguments, content.result, content.cut" : "NULL AS arguments, NULL AS result, NULL AS cut"}
    FROM ${from} ${content} ${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
    ORDER BY ${id} ${order === "newest-first" ? "DESC" : "ASC"} LIMIT ${put(most)}`;
  const { results } = await audit
    .withSession("first-primary")
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return results.map(listed);
}

const listed = ({ id, record, ended, session, trace, masked, arguments: args, result, cut }: Row): ListedCall => ({
  id,
  record: {
    ...callShape(JSON.parse(record) as JsonValue, "record"),
    ...(ended === null ? {} : (JSON.parse(ended) as Partial<CallRecord>)),
  },
  session,
  trace,
  masked: masked === null ? [] : (JSON.parse(masked) as ListedCall["masked"]),
  content: cut === null ? null : { arguments: args, result, isCut: { arguments: cut.includes("a"), result: cut.includes("r") } },
});

/** A call as the log commits to it, and the batch that it is in. */
export interface LoggedCall {
  record: CallRecord;
  salt: string;
  /** Of every call of the batch, below its root, in their order. */
  hashes: Uint8Array<ArrayBuffer>[];
  batch: SealedRecord<RecordOf<"calls.logged">>;
}

/** Null for a call that is not kept, or not yet handed over. */
export async function loggedCall(audit: D1Database, agent: string, number: number): Promise<LoggedCall | null> {
  const session = audit.withSession("first-primary");
  const [calls, batches] = await session.batch([
    session.prepare("SELECT record, salt FROM call WHERE agent = ?1 AND number = ?2").bind(agent, number),
    session
      .prepare("SELECT record, salt, hashes FROM batch WHERE agent = ?1 AND first <= ?2 AND last >= ?2 ORDER BY first DESC LIMIT 1")
      .bind(agent, number),
  ]);
  const call = calls?.results[0] as { record: string; salt: string } | undefined;
  const batch = batches?.results[0] as { record: string; salt: string; hashes: string } | undefined;
  if (call === undefined || batch === undefined) return null;
  const hashes = fromB64u(batch.hashes);
  if (hashes === null) throw new Error(`the hashes of the calls of ${agent} around ${number} cannot be read`);
  return {
    record: callShape(JSON.parse(call.record) as JsonValue, "record"),
    salt: call.salt,
    hashes: splitHashes(hashes),
    batch: { record: recordShapes["calls.logged"](JSON.parse(batch.record) as JsonValue, "record"), salt: batch.salt },
  };
}

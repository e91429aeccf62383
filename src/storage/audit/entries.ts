/**
 * The record as it is listed: entries of leaves and calls, one after the other by time, in `AUDIT` (d1-migrations/audit). Plain SQL: FTS5.
 * Each of both is read in its own order of ids, from a place on and no further than a page, so that a page costs the same wherever it is.
 */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { type CallRecord, callShape } from "#countersign/documents/call.ts";
import { CALL_KIND, type LeafEntry } from "#rules/audit/entry-of-leaf.ts";
import {
  callAtPlace,
  callIdsAfter,
  callIdsBefore,
  callPlaceFrom,
  entryPlaceFrom,
  placeOfCall,
  timeOfPlace,
} from "#rules/audit/entry-place.ts";
import { canFind, callsMatch, type EntryFilter, leavesMatch } from "./entry-terms.ts";
import { hashedTerm, quoted } from "../calls/terms.ts";

/** One line of the record. */
export interface RecordEntry extends Omit<LeafEntry, "words"> {
  /** Where it stands in all lists (rules/audit/entry-place.ts). */
  place: number;
  /** Of a leaf: the origin line of its log, and its index. */
  leaf: { log: string; index: number } | null;
  /** Of a call: its number among the agent's, and where it is told of step by step. */
  call: { number: number; session: string | null } | null;
}

export interface EntryQuery extends EntryFilter {
  /** Milliseconds since the epoch: not before, and before. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  q?: string | undefined;
  /** Whether what requests say is this reader's to search. */
  readsActions: boolean;
}

export interface EntryListing {
  /** Beyond that place; null from the beginning. */
  beyond: number | null;
  most: number;
  order: "newest-first" | "oldest-first";
}

interface LeafRow {
  id: number;
  origin: string;
  leaf: number;
  kind: string;
  status: string | null;
  agent: string | null;
  agent_name: string | null;
  people: string;
  rule: string | null;
  server: string | null;
  server_name: string | null;
  tool: string | null;
  request: string | null;
  text: string;
}
interface CallRow {
  id: number;
  record: string;
  ended: string | null;
  session: string | null;
}

const OF_LEAF = `entry.id, copied_log.origin, entry.leaf, entry.kind, entry.status, entry.agent, entry.agent_name, entry.people, entry.rule,
  entry.server, entry.server_name, entry.tool, entry.request, entry.text`;
const OF_CALL = "call.id, call.record, call.ended, call.session";

/** The two, each under its own words. */
const LEAVES = { columns: OF_LEAF, rows: "entry", words: "entry_words", also: "CROSS JOIN copied_log ON copied_log.id = entry.log" };
const CALLS = { columns: OF_CALL, rows: "call", words: "words", also: "" };

/** What is read of one of the two, between two ids. D1 binds a number as one with a fraction, by which FTS5 finds no place. */
function reading(
  session: D1DatabaseSession,
  { columns, rows, words, also }: typeof LEAVES,
  match: string | null,
  { before, after, order, most }: { before: number | null; after: number | null; order: EntryListing["order"]; most: number },
): D1PreparedStatement {
  const values: (string | number)[] = [];
  const put = (value: string | number): string =>
    typeof value === "number" ? `CAST(?${values.push(value)} AS INTEGER)` : `?${values.push(value)}`;
  const id = match === null ? `${rows}.id` : `${words}.rowid`;
  const conditions = [
    ...(match === null ? [] : [`${words} MATCH ${put(match)}`]),
    ...(before === null ? [] : [`${id} < ${put(before)}`]),
    ...(after === null ? [] : [`${id} > ${put(after)}`]),
  ];
  const from = match === null ? rows : `${words} CROSS JOIN ${rows} ON ${rows}.id = ${words}.rowid`;
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const sql = `SELECT ${columns} FROM ${from} ${also} ${where} ORDER BY ${id} ${order === "newest-first" ? "DESC" : "ASC"} LIMIT ${put(most)}`;
  return session.prepare(sql).bind(...values);
}

const least = (...ids: (number | null)[]): number | null =>
  ids.reduce((one, other) => (one === null || (other !== null && other < one) ? other : one), null);
const greatest = (...ids: (number | null)[]): number | null =>
  ids.reduce((one, other) => (one === null || (other !== null && other > one) ? other : one), null);

/** At most `most` entries, in one trip. */
export async function listEntries(
  audit: D1Database,
  { fromMs, toMs, q, readsActions, ...filter }: EntryQuery,
  { beyond, most, order }: EntryListing,
): Promise<RecordEntry[]> {
  if (!canFind(filter, q)) return [];
  const isNewestFirst = order === "newest-first";
  const [before, after] = isNewestFirst ? [beyond, null] : [null, beyond];
  const session = audit.withSession("first-primary");
  const [ofLeaves, ofCalls] = [leavesMatch(filter, q, readsActions), callsMatch(filter, q)];
  const leaves =
    ofLeaves === undefined
      ? []
      : [
          reading(session, LEAVES, ofLeaves, {
            before: least(before, toMs === undefined ? null : entryPlaceFrom(toMs)),
            after: greatest(after, fromMs === undefined ? null : entryPlaceFrom(fromMs) - 1),
            order,
            most,
          }),
        ];
  const calls =
    ofCalls === undefined
      ? []
      : [
          reading(session, CALLS, ofCalls, {
            before: least(before === null ? null : callIdsBefore(before), toMs === undefined ? null : callPlaceFrom(toMs)),
            after: greatest(after === null ? null : callIdsAfter(after), fromMs === undefined ? null : callPlaceFrom(fromMs) - 1),
            order,
            most,
          }),
        ];
  if (leaves.length + calls.length === 0) return [];
  const results = await session.batch([...leaves, ...calls]);
  const rowsOf = (n: number): unknown[] => results[n]?.results ?? [];
  const ofCallRows = calls.length === 0 ? [] : rowsOf(leaves.length);
  const found = [...(leaves.length === 0 ? [] : (rowsOf(0) as LeafRow[]).map(leafEntry)), ...(ofCallRows as CallRow[]).map(callEntryOf)];
  return found.toSorted((one, other) => (isNewestFirst ? other.place - one.place : one.place - other.place)).slice(0, most);
}

/** What stands at that place; null where nothing does. */
export async function entryAt(audit: D1Database, place: number): Promise<RecordEntry | null> {
  const session = audit.withSession("first-primary");
  const callId = callAtPlace(place);
  if (callId !== null) {
    const row = await session.prepare(`SELECT ${OF_CALL} FROM call WHERE id = ?1`).bind(callId).first<CallRow>();
    return row === null ? null : callEntryOf(row);
  }
  const query = session.prepare(`SELECT ${OF_LEAF} FROM entry CROSS JOIN copied_log ON copied_log.id = entry.log WHERE entry.id = ?1`);
  const row = await query.bind(place).first<LeafRow>();
  return row === null ? null : leafEntry(row);
}

/** Agents of that name, by what the log says of how they were made; a name may be of several. */
const MOST_OF_A_NAME = 50;
export async function agentsCalled(audit: D1Database, name: string): Promise<string[]> {
  const match = `{terms} : (${quoted(hashedTerm("group", "agent"))}) AND {terms} : (${quoted(hashedTerm("called", name))})`;
  const { results } = await audit
    .withSession("first-primary")
    .prepare(
      `SELECT DISTINCT entry.agent FROM entry_words CROSS JOIN entry ON entry.id = entry_words.rowid
       WHERE entry_words MATCH ?1 AND entry.agent_name = ?2 LIMIT ${MOST_OF_A_NAME}`,
    )
    .bind(match, name)
    .all<{ agent: string | null }>();
  return results.flatMap(({ agent }) => agent ?? []);
}

/** How the requests ended that these calls waited for, and who signed; the newest first. */
export async function entriesOfRequests(audit: D1Database, requests: readonly string[], most: number): Promise<RecordEntry[]> {
  if (requests.length === 0) return [];
  const match = `{terms} : (${requests.map((id) => quoted(hashedTerm("request", id))).join(" OR ")})`;
  const session = audit.withSession("first-primary");
  const query = reading(session, LEAVES, match, { before: null, after: null, order: "oldest-first", most });
  return (await query.all<LeafRow>()).results.map(leafEntry);
}

const leafEntry = (row: LeafRow): RecordEntry => {
  const { id, origin, leaf, agent, agent_name: agentName, people, server, server_name: serverName, ...entry } = row;
  return {
    ...entry,
    place: id,
    atMs: timeOfPlace(id),
    agent: agent === null ? null : { id: agent, name: agentName ?? agent },
    people: JSON.parse(people) as string[],
    server: serverName === null ? null : { id: server, name: serverName },
    leaf: { log: origin, index: leaf },
    call: null,
  };
};

const callEntryOf = ({ id, record, ended, session }: CallRow): RecordEntry => {
  const call: CallRecord = {
    ...callShape(JSON.parse(record) as JsonValue, "record"),
    ...(ended === null ? {} : (JSON.parse(ended) as Partial<CallRecord>)),
  };
  const { agent, number, status, rule, server, tool, request } = call;
  const place = placeOfCall(id);
  return {
    place,
    atMs: timeOfPlace(place),
    kind: CALL_KIND,
    status,
    agent,
    people: [],
    rule,
    server,
    tool,
    request,
    text: `${server.name}.${tool}`,
    leaf: null,
    call: { number, session },
  };
};

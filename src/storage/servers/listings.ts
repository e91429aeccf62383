/** What servers were seen to list, and how they do (d1-migrations/0015). What of it has drifted is judged in the very batch that writes it. */
import { hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { NotedListing } from "#gate/servers/note-listing.ts";
import { prepare, type Query } from "../batch-condition.ts";
import { judgeDrift } from "./server-effects.ts";

/** Only of the server as it is now: what was listed of it at another address, or with other features, tells nothing any more. */
const STANDS = "EXISTS (SELECT 1 FROM server WHERE id = ?1 AND number = ?2 AND removed_at IS NULL)";

/** Of a listing of tools alone, what else is known stays. */
const FORGET = { all: `DELETE FROM server_listed WHERE server_id = ?1 AND ${STANDS}`, tools: "" };
FORGET.tools = `${FORGET.all} AND substr(name, 1, 1) <> '('`;

const INSERT = `
  INSERT OR REPLACE INTO server_listed (server_id, name, problem, message, pin, definition)
  SELECT ?1, value ->> '$.name', value ->> '$.problem', value ->> '$.message', value ->> '$.pin', value ->> '$.definition'
  FROM json_each(?3) WHERE ${STANDS}`;

const SEEN = `
  INSERT INTO server_health (server_id, listing_hash, listed_at, era, protocol_version, server_info, last_success_at, latency_ms)
  SELECT ?1, ?3, ?4, ?5, ?6, ?7, ?4, ?8 WHERE ${STANDS}
  ON CONFLICT (server_id) DO UPDATE SET listing_hash = excluded.listing_hash, listed_at = excluded.listed_at, era = coalesce(excluded.era, era),
    protocol_version = coalesce(excluded.protocol_version, protocol_version), server_info = coalesce(excluded.server_info, server_info),
    last_success_at = excluded.last_success_at, latency_ms = coalesce(excluded.latency_ms, latency_ms), last_error = NULL`;

const FAILED = `
  INSERT INTO server_health (server_id, last_error, last_error_at) SELECT ?1, ?3, ?4 WHERE ${STANDS}
  ON CONFLICT (server_id) DO UPDATE SET last_error = excluded.last_error, last_error_at = excluded.last_error_at`;

/** As it is inserted: definitions are texts, so that each stays as it was hashed. */
const rowsOf = ({ items }: NotedListing): JsonObject[] =>
  items.map((item) =>
    item.problem === null
      ? { name: item.name, problem: null, message: null, pin: item.tool.pin, definition: canonicalize(item.tool.definition) }
      : { name: item.name, problem: item.problem, message: item.message, pin: null, definition: null },
  );

/** `ListingPorts.storeListing`. What is listed just as it was is not written again. */
export async function storeListing(d1: D1Database, noted: NotedListing, nowMs: number): Promise<void> {
  const { serverId, number, looked, era, protocolVersion, serverInfo, latencyMs } = noted;
  const rows = rowsOf(noted);
  const hash = hex(hashJson([number, looked, rows]));
  const known = await d1
    .withSession("first-primary")
    .prepare("SELECT listing_hash AS hash FROM server_health WHERE server_id = ?1")
    .bind(serverId)
    .first<{ hash: string | null }>();
  const of = [serverId, number];
  const info = serverInfo === null ? null : canonicalize(serverInfo);
  const seen: Query = { sql: SEEN, params: [...of, hash, timestamp(nowMs), era, protocolVersion, info, latencyMs] };
  const listed: Query[] = [
    { sql: FORGET[looked], params: of },
    { sql: INSERT, params: [...of, canonicalize(rows)] },
    judgeDrift(serverId, "what was"),
  ];
  const queries = known?.hash === hash ? [seen] : [...listed, seen];
  await d1.batch(queries.map((query) => prepare(d1, query)));
}

/** `ListingPorts.storeFailure`. */
export async function storeFailure(d1: D1Database, serverId: string, number: number, code: string, nowMs: number): Promise<void> {
  await prepare(d1, { sql: FAILED, params: [serverId, number, code, timestamp(nowMs)] }).run();
}

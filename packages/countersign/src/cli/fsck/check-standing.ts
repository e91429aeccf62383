/**
 * People's passkeys, agents, policies, channels, servers, connectors, grants and what is refused without asking as the service reads them, against the
 * leaves that let them in.
 */
import { canonicalize, type JsonObject, type JsonValue, parseJson } from "../../json/canonical-json.ts";
import { hex, sha256, utf8 } from "../../encoding/bytes.ts";
import {
  agentChangeKey,
  agentKeyKey,
  belowKey,
  channelKey,
  creationKey,
  enrolmentKey,
  FIRST_PERSON_KEY,
  patternKey,
  policyKey,
  requestKey,
  serverKey,
} from "../../documents/leaf-key.ts";
import { isObject } from "../../json/shape.ts";
import { checkGrants, GRANT_COLUMNS, grantFits, useFits } from "./check-grants.ts";
import type { Finding } from "./check-leaf.ts";
import { type Database, integerOf, type Row, textOf, textOrNullOf } from "./database.ts";

const PAGE = 500;
const HOUR_MS = 3_600_000;

/** What each row has to have in common with the record of its leaf. */
interface Table {
  name:
    | "passkey"
    | "agent"
    | "agent_below"
    | "agent_old_key"
    | "policy"
    | "channel"
    | "server"
    | "connector"
    | "denied_pattern"
    | "grant_given"
    | "grant_use";
  /** Where its rows are read, if not from the table itself. */
  from?: string;
  key: string;
  columns: readonly string[];
  /** Keys that the leaf may have. */
  idems: (row: Row) => string[];
  fits: (row: Row, record: JsonObject) => boolean;
  /** A table that came with the columns; one before which they were missing. */
  since?: string;
  until?: string;
}

const member = (record: JsonObject, name: string): JsonObject => {
  const value = record[name];
  return isObject(value) ? value : {};
};

const TABLES: readonly Table[] = [
  {
    name: "passkey",
    key: "credential_id",
    columns: ["person_id", "public_key", "alg"],
    idems: (row) => [enrolmentKey(textOf(row, "credential_id")), FIRST_PERSON_KEY],
    fits: (row, record) => {
      const { id, public_key, alg } = member(record, "credential");
      const isKey = id === row["credential_id"] && public_key === row["public_key"] && alg === row["alg"];
      return isKey && member(record, "person")["id"] === row["person_id"];
    },
  },
  {
    name: "agent",
    key: "id",
    columns: ["name", "owner"],
    idems: (row) => [creationKey(textOf(row, "id")), belowKey(textOf(row, "id"))],
    fits: agentFits,
    until: "policy",
  },
  {
    name: "agent",
    key: "id",
    columns: ["name", "owner", "groups", "changes"],
    // A version that only changed groups left the row with the leaf that made it.
    idems: (row) => {
      const id = textOf(row, "id");
      return [creationKey(id), belowKey(id), agentChangeKey(id, integerOf(row, "changes"))];
    },
    fits: (row, record) =>
      agentFits(row, record) && (record["kind"] !== "agent.changed" || canonicalize(record["groups"] ?? null) === row["groups"]),
    since: "policy",
  },
  {
    name: "agent_below",
    from: "(SELECT id, chain, ends_at, scope, leaf_index FROM agent WHERE chain IS NOT NULL)",
    key: "id",
    columns: ["chain", "ends_at", "scope"],
    idems: (row) => [belowKey(textOf(row, "id"))],
    fits: (row, record) => {
      const { id, name } = member(record, "agent");
      const { chain, until, servers, tools } = record;
      const above = JSON.parse(textOf(row, "chain")) as JsonValue[];
      const isChain = canonicalize([...above, { id: id ?? null, name: name ?? null }]) === canonicalize(chain ?? null);
      const scope = JSON.parse(textOf(row, "scope")) as JsonValue;
      return (
        isChain && until === row["ends_at"] && canonicalize({ servers: servers ?? null, tools: tools ?? null }) === canonicalize(scope)
      );
    },
  },
  {
    name: "agent_old_key",
    key: "key_hash",
    columns: ["agent_id", "number", "replaced_at", "ends_at"],
    idems: (row) => [agentKeyKey(textOf(row, "agent_id"), integerOf(row, "number"))],
    fits: oldKeyFits,
  },
  {
    name: "policy",
    key: "version",
    columns: ["hash", "document"],
    idems: (row) => [policyKey(integerOf(row, "version"))],
    fits: (row, { version, hash }) =>
      version === row["version"] && hash === row["hash"] && hash === hex(sha256(utf8(textOf(row, "document")))),
  },
  {
    name: "channel",
    key: "id",
    columns: ["name", "kind", "settings", "events", "credential", "number", "state"],
    idems: (row) => [channelKey(textOf(row, "id"), integerOf(row, "number"))],
    fits: channelFits,
  },
  {
    name: "server",
    key: "id",
    columns: ["name", "settings", "credential", "number"],
    idems: (row) => [serverKey(textOf(row, "id"), integerOf(row, "number"))],
    fits: serverFits,
  },
  {
    name: "connector",
    key: "id",
    columns: ["name", "server"],
    idems: (row) => [textOf(row, "id")],
    fits: (row, record) => {
      const { id, name, server } = member(record, "connector");
      return id === row["id"] && name === row["name"] && server === row["server"];
    },
  },
  {
    name: "denied_pattern",
    key: "id",
    columns: ["agent_id", "server", "tool", "action", "arguments_hash", "made_by", "until"],
    idems: (row) => [patternKey(textOf(row, "id"))],
    fits: patternFits,
  },
  {
    name: "grant_given",
    key: "id",
    columns: GRANT_COLUMNS,
    idems: (row) => [requestKey(textOf(row, "request_id"), "final")],
    fits: grantFits,
  },
  {
    name: "grant_use",
    from: "(SELECT grant_id || ':used:' || use AS leaf_key, * FROM grant_use)",
    key: "leaf_key",
    columns: ["grant_id", "use", "request_hash"],
    idems: (row) => [textOf(row, "leaf_key")],
    fits: useFits,
  },
];

function agentFits(row: Row, record: JsonObject): boolean {
  const { id, name, owner } = member(record, "agent");
  return id === row["id"] && name === row["name"] && owner === row["owner"];
}

/** What of a database is read here. */
export const STANDING_TABLES: readonly string[] = [...new Set(TABLES.map(({ name }) => name))];

/** A key that was replaced serves no longer than was signed for. */
function oldKeyFits(row: Row, record: JsonObject): boolean {
  const { at, number, overlap_hours: hours } = record;
  const isOfAgent = member(record, "agent")["id"] === row["agent_id"] && number === row["number"] && at === row["replaced_at"];
  if (!isOfAgent || typeof at !== "string" || typeof hours !== "number") return false;
  return Date.parse(textOf(row, "ends_at")) <= Date.parse(at) + hours * HOUR_MS;
}

/** What is refused, of whom and until when. */
function patternFits(row: Row, record: JsonObject): boolean {
  const isLike = (["server", "tool", "action", "arguments_hash", "until"] as const).every((name) => record[name] === row[name]);
  return (
    isLike &&
    record["pattern"] === row["id"] &&
    member(record, "agent")["id"] === row["agent_id"] &&
    member(record, "by")["id"] === row["made_by"]
  );
}

/** A credential may be taken away without a signature. */
function serverFits(row: Row, record: JsonObject): boolean {
  const [server, credential] = [member(record, "server"), textOrNullOf(row, "credential")];
  const isSigned = server["id"] === row["id"] && server["name"] === row["name"] && canonicalize(server) === row["settings"];
  return isSigned && (credential === null || member(server, "authentication")["credential_hash"] === hex(sha256(utf8(credential))));
}

/** Of one that is removed the credential is gone. What a webhook is told of stands in its settings, too. */
function channelFits(row: Row, record: JsonObject): boolean {
  const { id, name, kind, settings_hash, credential_hash } = member(record, "channel");
  const [settings, credential] = [textOf(row, "settings"), textOrNullOf(row, "credential")];
  const isChannel = id === row["id"] && name === row["name"] && kind === row["kind"] && settings_hash === hex(sha256(utf8(settings)));
  const isKept = credential_hash === (credential === null ? null : hex(sha256(utf8(credential))));
  return isChannel && eventsIn(settings) === row["events"] && (row["state"] === "removed" ? credential === null : isKept);
}

function eventsIn(settings: string): string {
  const json = parseJson(settings);
  const events = json.ok && isObject(json.value) ? json.value["events"] : undefined;
  return JSON.stringify(events ?? []);
}

/**
 * The first passkey, agent, policy, channel, server, connector, pattern or grant whose `leaf_index` is not that of a leaf, in any log of the database, that lets just this
 * one in. `there`: the tables that the database has; one of an earlier version lacks some.
 */
export async function checkStanding(database: Database, there: readonly string[]): Promise<Finding | null> {
  const tables = TABLES.filter(
    ({ name, since = name, until }) => there.includes(name) && there.includes(since) && (until === undefined || !there.includes(until)),
  );
  // In one read: where each takes a second, most databases have no second page of any.
  const first = await database.read(tables.flatMap((table) => pageOf(table, 0)));
  for (const [i, table] of tables.entries()) {
    let [rows = [], leaves = []] = first.slice(2 * i);
    for (let offset = PAGE; ; offset += PAGE) {
      const finding = findingIn(table, rows, leaves);
      if (finding !== null) return finding;
      if (rows.length < PAGE) break;
      [rows = [], leaves = []] = await database.read(pageOf(table, offset));
    }
  }
  return there.includes("grant_given") ? checkGrants(database) : null;
}

/** Rows of a table, and the leaves that they name. */
function pageOf({ name, from = name, key, columns }: Table, offset: number): [string, string] {
  const page = `SELECT ${[key, ...columns, "leaf_index"].join(", ")} FROM ${from} ORDER BY ${key} LIMIT ${PAGE} OFFSET ${offset}`;
  return [
    page,
    `SELECT leaf.idx, leaf.idem, leaf.record FROM (${page}) AS row CROSS JOIN log CROSS JOIN log_leaf AS leaf
     WHERE leaf.log_id = log.id AND leaf.idx = row.leaf_index`,
  ];
}

/** The first of these rows that none of these leaves lets in. */
function findingIn({ name, key, idems, fits }: Table, rows: readonly Row[], leaves: readonly Row[]): Finding | null {
  const isIn = (row: Row, leaf: Row): boolean => {
    if (leaf["idx"] !== row["leaf_index"] || !idems(row).includes(textOf(leaf, "idem"))) return false;
    const record = textOrNullOf(leaf, "record");
    const json = record === null ? null : parseJson(record);
    return json === null || (json.ok && isObject(json.value) && fits(row, json.value));
  };
  const stray = rows.find((row) => !leaves.some((leaf) => isIn(row, leaf)));
  if (stray === undefined) return null;
  return { place: `${name} ${String(stray[key])}`, message: `leaf ${integerOf(stray, "leaf_index")}, which it names, does not let it in` };
}

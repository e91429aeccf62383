/**
 * What the record says of a leaf of the log: whom and what it is about, so that it is found. Read member by member, whatever the kind:
 * one that a later version of the service has written is an entry as well. Not in scope: what the leaf proves (gate/log/reading).
 */
import { requestOfKey } from "#countersign/documents/leaf-key.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";

/** Stands beside the end of each request, at the time of the ask: the log has a leaf of the end alone. */
export const ASKED_KIND = "request.asked";
/** A leaf whose record is not kept any more. */
export const WITHHELD_KIND = "withheld";
/** What is no leaf of its own: the log commits to many at once. */
export const CALL_KIND = "call";

export interface LeafEntry {
  kind: string;
  /** Milliseconds since the epoch. */
  atMs: number;
  status: string | null;
  agent: { id: string; name: string } | null;
  /** Ids of everybody who did it, signed it, or is who it is about; each once. */
  people: string[];
  rule: string | null;
  /** `id` is null where an agent alone says so. */
  server: { id: string | null; name: string } | null;
  tool: string | null;
  /** The request that it is about. */
  request: string | null;
  /** In a few words what it is about: the action, or a name. May be text of an agent. */
  text: string;
  /** Besides that, what a search finds it by. */
  words: string[];
}

/** A leaf as the log has it. */
export interface LoggedLeaf {
  index: number;
  key: string;
  /** Null once erased. Without what nothing here needs. */
  record: JsonObject | null;
  /** Of a leaf that names a request by no more than its hash: the record of how that ended; null where it is not known. */
  ended: JsonObject | null;
}

const MOST_TEXT = 300;
/** Leaves without a time that are put into one moment, which has places for twice as many (rules/audit/entry-place.ts). */
const MOST_UNDATED = 1_024;
/** Of one entry. */
const MOST_PEOPLE = 100;

const objectIn = (value: JsonValue | undefined): JsonObject | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
const objectsIn = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.map(objectIn).filter((one) => one !== null) : [];
const textIn = (value: JsonValue | undefined): string | null => (typeof value === "string" && value !== "" ? value : null);

const timeIn = (value: JsonValue | undefined): number | null => {
  const ms = Date.parse(textIn(value) ?? "");
  return Number.isNaN(ms) ? null : ms;
};

function agentIn(value: JsonValue | undefined): LeafEntry["agent"] {
  const [id, name] = [textIn(objectIn(value)?.["id"]), textIn(objectIn(value)?.["name"])];
  return id?.startsWith("agt_") === true ? { id, name: name ?? id } : null;
}

function serverIn(value: JsonValue | undefined): LeafEntry["server"] {
  const name = textIn(value) ?? textIn(objectIn(value)?.["name"]);
  return name === null ? null : { id: textIn(objectIn(value)?.["id"]), name };
}

/** Statements that people have signed, each naming who by one of these members. */
const SIGNERS = ["approver", "admin", "person"];

function peopleIn(record: JsonObject): string[] {
  const named = ["by", "person", "to"].flatMap((name) => textIn(objectIn(record[name])?.["id"]) ?? []);
  const signed = [
    ...objectsIn(record["decisions"]),
    ...objectsIn(record["authorised_by"]),
    ...objectsIn([record["signature"] ?? null]),
  ].flatMap(({ statement }) =>
    SIGNERS.flatMap((name) => {
      const who = objectIn(statement)?.[name];
      return textIn(who) ?? textIn(objectIn(who)?.["id"]) ?? [];
    }),
  );
  return [...new Set([...named, ...signed])].filter((id) => id.startsWith("usr_")).slice(0, MOST_PEOPLE);
}

/** What a kind is about that is no request's, by the first of these that it names. */
const SUBJECTS = ["agent", "channel", "connector", "server", "person", "pattern", "grant", "delegation", "challenge", "origin", "new_vkey"];

function subjectOf(record: JsonObject): string {
  const version = record["version"];
  if (typeof version === "number") return `version ${version}`;
  for (const name of SUBJECTS) {
    const value = record[name];
    const found =
      textIn(value) ?? ["name", "username", "id"].map((member) => textIn(objectIn(value)?.[member])).find((one) => one !== null);
    if (found != null) return found;
  }
  return "";
}

const REQUEST_STATUSES = ["approval.", "call."];

const statusOf = (kind: string): string | null => {
  const prefix = REQUEST_STATUSES.find((one) => kind.startsWith(one));
  return prefix === undefined ? null : kind.slice(prefix.length);
};

/** Entries of one leaf. `notBeforeMs`: of the leaf before it, where this one does not say when it was. */
export function entriesOfLeaf({ index, key, record, ended }: LoggedLeaf, notBeforeMs: number): LeafEntry[] {
  const request = requestOfKey(key);
  const undatedMs = notBeforeMs + (index % MOST_UNDATED === 0 ? 1 : 0);
  if (record === null) return [withheldEntry(undatedMs)];
  const kind = textIn(record["kind"]) ?? "";
  const asked = objectIn(record["request"]) ?? objectIn(ended?.["request"]);
  const context = objectIn(asked?.["context"]);
  const entry: LeafEntry = {
    kind,
    atMs: timeIn(record["at"]) ?? undatedMs,
    status: statusOf(kind),
    agent: agentIn(record["agent"]) ?? agentIn(record["redeemed_by"]) ?? agentIn(asked?.["requested_by"]) ?? agentIn(record["by"]),
    people: peopleIn(record),
    rule: textIn(objectIn(asked?.["policy"])?.["rule"]),
    server: serverIn(record["server"]) ?? serverIn(context?.["server"]),
    tool: textIn(record["tool"]) ?? textIn(context?.["tool"]),
    request: request ?? textIn(record["request"]),
    text: (textIn(asked?.["action"]) ?? subjectOf(record)).slice(0, MOST_TEXT).toWellFormed(),
    words: wordsIn(record, asked),
  };
  const askedMs = timeIn(objectIn(record["request"])?.["requested_at"]);
  return askedMs === null ? [entry] : [{ ...entry, kind: ASKED_KIND, atMs: askedMs, status: "asked", people: [] }, entry];
}

/** Nothing of it is known any more but that it was. */
export const withheldEntry = (atMs: number): LeafEntry => ({
  kind: WITHHELD_KIND,
  atMs,
  status: null,
  agent: null,
  people: [],
  rule: null,
  server: null,
  tool: null,
  request: null,
  text: "",
  words: [],
});

/** The reason that the agent gave, and names. */
function wordsIn(record: JsonObject, asked: JsonObject | null): string[] {
  const people = ["by", "person", "to"].flatMap((name) => textIn(objectIn(record[name])?.["username"]) ?? []);
  const approvers = objectsIn(record["decisions"]).flatMap(
    ({ statement }) => textIn(objectIn(objectIn(statement)?.["approver"])?.["username"]) ?? [],
  );
  const tools = objectsIn(record["tools"]).flatMap(({ name }) => textIn(name) ?? []);
  return [textIn(asked?.["reason"]), textIn(record["action"]), ...people, ...approvers, ...tools].filter((word) => word !== null);
}

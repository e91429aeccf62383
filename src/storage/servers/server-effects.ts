/** Servers as they come, change and go with a leaf, and what of them is accepted (d1-migrations/0015). */
import { and, eq, isNull } from "drizzle-orm";
import type { ServerEffect, ServerRow } from "#gate/servers/server-effects.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { authorised } from "../proposals.ts";
import { server } from "./server-tables.ts";

/**
 * What has drifted, and what nobody has accepted, by what the server was last seen to list. `?1`: the server. `?2`: JSON list of names that
 * have drifted whatever it lists now: it is a person who says that one is as it was.
 */
const JUDGE_DRIFT = `
  UPDATE server SET
    drifted = (SELECT json_group_array(name) FROM (
      SELECT tool.name FROM server_tool AS tool WHERE tool.server_id = ?1 AND (tool.name IN (SELECT value FROM json_each(?2))
        OR NOT EXISTS (SELECT 1 FROM server_listed AS one WHERE one.server_id = ?1 AND one.name = tool.name AND one.pin = tool.pin))
      ORDER BY tool.name)),
    unaccepted = (SELECT json_group_array(name) FROM (
      SELECT one.name FROM server_listed AS one WHERE one.server_id = ?1 AND one.name <> ''
        AND NOT EXISTS (SELECT 1 FROM server_tool AS tool WHERE tool.server_id = ?1 AND tool.name = one.name)
      ORDER BY one.name))
  WHERE id = ?1 AND removed_at IS NULL`;

/** What stays drifted, beside what is found to be so now. */
export const judgeDrift = (serverId: string, staysDrifted: "what was" | "nothing"): Query =>
  staysDrifted === "nothing"
    ? { sql: JUDGE_DRIFT, params: [serverId, "[]"] }
    : { sql: JUDGE_DRIFT.replace("json_each(?2)", "json_each(server.drifted)"), params: [serverId] };

/** What was signed for is what was drafted. */
const isDrafted = (operationHash: string, { id, settings, credential, number }: ServerRow): Query =>
  condition(
    "server_is_drafted",
    "EXISTS (SELECT 1 FROM server_draft WHERE operation_hash = ?1 AND server_id = ?2 AND settings = ?3 AND credential IS ?4 AND number = ?5)",
    operationHash,
    id,
    settings,
    credential,
    number,
  );

const areDrafted = (operationHash: string, { serverId, tools, number }: Accepted): Query =>
  condition(
    "server_is_drafted",
    "EXISTS (SELECT 1 FROM server_draft WHERE operation_hash = ?1 AND server_id = ?2 AND tools = ?3 AND number = ?4)",
    operationHash,
    serverId,
    tools,
    number,
  );
type Accepted = Extract<ServerEffect, { kind: "tools-accepted" }>;

/** It was signed for one time less, and has the credential still that it keeps; or there is none, and never was. */
const isNextOf = ({ id, number, credential }: ServerRow, keepsCredential: boolean): Query =>
  number === 1
    ? condition("server_is_next", "NOT EXISTS (SELECT 1 FROM server WHERE id = ?1)", id)
    : condition(
        "server_is_next",
        "EXISTS (SELECT 1 FROM server WHERE id = ?1 AND number = ?2 - 1 AND removed_at IS NULL AND (?3 = 0 OR credential IS ?4))",
        id,
        number,
        keepsCredential ? 1 : 0,
        credential,
      );

const nameIsFree = ({ id, name }: ServerRow): Query =>
  condition("server_name_is_free", "NOT EXISTS (SELECT 1 FROM server WHERE name = ?1 AND id <> ?2 AND removed_at IS NULL)", name, id);

const forgetDraft = (operationHash: string): Query => ({
  sql: "DELETE FROM server_draft WHERE operation_hash = ?1",
  params: [operationHash],
});

/** Signatures and drafts of whatever waits to be signed for of this server. */
export const forgetDraftsOf = (serverId: string): Query[] => [
  {
    sql: "DELETE FROM proposal WHERE operation_hash IN (SELECT operation_hash FROM server_draft WHERE server_id = ?1)",
    params: [serverId],
  },
  { sql: "DELETE FROM server_draft WHERE server_id = ?1", params: [serverId] },
];

const forgetListing = (serverId: string): Query[] => [
  { sql: "DELETE FROM server_listed WHERE server_id = ?1", params: [serverId] },
  { sql: "DELETE FROM server_health WHERE server_id = ?1", params: [serverId] },
];

/** The statements of an effect, for the batch of its leaf. The draft is asked for before the signatures go, which it goes with. */
export function serverQueries(effect: ServerEffect, place: Place): Query[] {
  switch (effect.kind) {
    case "server-added":
      return [...signedFor(effect.server, false, effect.authorised, place), added(effect, place)];
    case "server-changed":
      return changed(effect, place);
    case "server-removed":
      return removed(effect, place);
    case "tools-accepted":
      return accepted(effect, place);
  }
}

const signedFor = (row: ServerRow, keepsCredential: boolean, signed: Parameters<typeof authorised>[0], place: Place): Query[] => [
  isDrafted(signed.operationHash, row),
  ...authorised(signed, place),
  forgetDraft(signed.operationHash),
  isNextOf(row, keepsCredential),
  nameIsFree(row),
];

/** Canonical JSON stays as it is. */
const settingsOf = ({ settings }: ServerRow): ServerSettings => JSON.parse(settings) as ServerSettings;

function added({ server: row, at }: Extract<ServerEffect, { kind: "server-added" }>, { database, leafIndex }: Place): Query {
  const { id, name, credential, number } = row;
  return database
    .insert(server)
    .values({ id, name, credential, number, settings: settingsOf(row), createdAt: at, leafIndex })
    .toSQL();
}

/** At another address nothing is known of it: all that was accepted is refused until it is signed for as it is there. */
function changed(
  { server: row, keepsCredential, moves, authorised: signed }: Extract<ServerEffect, { kind: "server-changed" }>,
  place: Place,
): Query[] {
  const { id, name, credential, number } = row;
  const { database, leafIndex } = place;
  return [
    ...signedFor(row, keepsCredential, signed, place),
    database
      .update(server)
      .set({ name, credential, number, settings: settingsOf(row), leafIndex })
      .where(eq(server.id, id))
      .toSQL(),
    ...(moves ? [...forgetListing(id), judgeDrift(id, "what was")] : []),
  ];
}

/** With its credential, with what of it was accepted, and with what waits to be signed. */
function removed({ serverId, at }: Extract<ServerEffect, { kind: "server-removed" }>, { database }: Place): Query[] {
  return [
    database
      .update(server)
      .set({ removedAt: at, credential: null })
      .where(and(eq(server.id, serverId), isNull(server.removedAt)))
      .toSQL(),
    { sql: "DELETE FROM server_tool WHERE server_id = ?1", params: [serverId] },
    ...forgetListing(serverId),
    ...forgetDraftsOf(serverId),
  ];
}

/** Each is what the server was last seen to list, or what was accepted before and stays. */
const areListed = ({ serverId, tools }: Accepted): Query =>
  condition(
    "tools_are_listed",
    `NOT EXISTS (SELECT 1 FROM json_each(?2) AS wanted
      WHERE NOT EXISTS (SELECT 1 FROM server_listed WHERE server_id = ?1 AND name = wanted.value ->> '$.name' AND pin = wanted.value ->> '$.pin')
      AND NOT EXISTS (SELECT 1 FROM server_tool WHERE server_id = ?1 AND name = wanted.value ->> '$.name' AND pin = wanted.value ->> '$.pin'))`,
    serverId,
    tools,
  );

const areNext = ({ serverId, number }: Accepted): Query =>
  condition(
    "tools_are_next",
    "EXISTS (SELECT 1 FROM server WHERE id = ?1 AND acceptances = ?2 - 1 AND removed_at IS NULL)",
    serverId,
    number,
  );

/** Definitions are texts in it, so that each stays as it was hashed. */
const INSERT_TOOLS = `
  INSERT INTO server_tool (server_id, name, pin, definition, leaf_index)
  SELECT ?1, value ->> '$.name', value ->> '$.pin', value ->> '$.definition', ?3 FROM json_each(?2)`;

function accepted(effect: Accepted, place: Place): Query[] {
  const { serverId, tools, number, authorised: signed } = effect;
  return [
    areDrafted(signed.operationHash, effect),
    ...authorised(signed, place),
    forgetDraft(signed.operationHash),
    areNext(effect),
    areListed(effect),
    { sql: "DELETE FROM server_tool WHERE server_id = ?1", params: [serverId] },
    { sql: INSERT_TOOLS, params: [serverId, tools, place.leafIndex] },
    { sql: "UPDATE server SET acceptances = ?2 WHERE id = ?1", params: [serverId, number] },
    // It is these that a person has just said to be right.
    judgeDrift(serverId, "nothing"),
  ];
}

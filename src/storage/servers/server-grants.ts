/** Grants at servers' issuers in D1 (d1-migrations/0019): whose they are and how they stand. Tokens are in the servers' objects. */
import { timestamp } from "#countersign/documents/words.ts";
import type { ConnectionEffect, SignedGrant } from "#gate/servers/connections/connection-effects.ts";
import type { ConnectionPorts, KnownGrant } from "#gate/servers/connections/connections.ts";
import { grantTerms } from "#rules/calls/connections/server-grants.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { condition, type Place, prepare, type Query } from "../batch-condition.ts";
import { authorised, spent } from "../proposals.ts";

/** What nobody signs for is forgotten after this. */
const WAITS_MS = 24 * 60 * 60_000;

interface GrantRow extends Omit<KnownGrant, "madeBy"> {
  madeBy: string;
  username: string;
}

const COLUMNS = `g.id, g.server_id AS serverId, g.owner, g.issuer, g.account, g.terms, g.made_by AS madeBy, g.made_at AS madeAt,
  g.connected_at AS connectedAt, g.refused_at AS refusedAt, p.username`;

const known = ({ username, madeBy, ...row }: GrantRow): KnownGrant => ({ ...row, madeBy: { id: madeBy, username } });

/** All that have not ended, of all servers that stand or of one, the newest last; what waits for longer than a day is not among them. */
export async function knownGrants(d1: D1Database, serverId: string | null, nowMs: number): Promise<KnownGrant[]> {
  const query = `SELECT ${COLUMNS} FROM server JOIN server_grant AS g ON g.server_id = server.id JOIN person AS p ON p.id = g.made_by
    WHERE server.removed_at IS NULL AND (?1 IS NULL OR server.id = ?1) AND g.ended_at IS NULL
      AND (g.connected_at IS NOT NULL OR g.made_at > ?2) ORDER BY g.made_at, g.id`;
  const since = timestamp(nowMs - WAITS_MS);
  const found = await d1.withSession("first-primary").prepare(query).bind(serverId, since).all<GrantRow>();
  return found.results.map(known);
}

/** `ConnectionPorts.keepGrant`. */
export async function keepGrant(d1: D1Database, grant: Parameters<ConnectionPorts["keepGrant"]>[0]): Promise<void> {
  const { id, serverId, owner, issuer, account, terms, madeBy, madeAt } = grant;
  const forget: Query = {
    sql: "DELETE FROM server_grant WHERE server_id = ?1 AND owner IS ?2 AND made_by = ?3 AND connected_at IS NULL",
    params: [serverId, owner, madeBy],
  };
  const keep: Query = {
    sql: `INSERT INTO server_grant (id, server_id, owner, issuer, account, terms, made_by, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
    params: [id, serverId, owner, issuer, account, terms, madeBy, madeAt],
  };
  await d1.batch([forget, keep].map((query) => prepare(d1, query)));
}

/** `ConnectionPorts.dropWaiting`. */
export async function dropWaitingGrant(d1: D1Database, id: string): Promise<void> {
  await prepare(d1, { sql: "DELETE FROM server_grant WHERE id = ?1 AND connected_at IS NULL", params: [id] }).run();
}

/** Since when its issuer takes it no more; the first time stays. */
export async function noteRefusedGrant(d1: D1Database, id: string, nowMs: number): Promise<void> {
  const sql = "UPDATE server_grant SET refused_at = ?2 WHERE id = ?1 AND refused_at IS NULL";
  await prepare(d1, { sql, params: [id, timestamp(nowMs)] }).run();
}

/** How grants stand, from the primary; of a server that was removed, or is another now than it was connected as, they are over. */
export async function standingOfGrants(
  d1: D1Database,
  ids: readonly string[],
  nowMs: number,
): Promise<Map<string, "stands" | "waits" | "over">> {
  const query = `SELECT g.id, g.terms, g.made_at AS madeAt, g.connected_at AS connectedAt, g.ended_at AS endedAt,
      server.removed_at AS removedAt, server.settings
    FROM server_grant AS g JOIN server ON server.id = g.server_id WHERE g.id IN (SELECT value FROM json_each(?1))`;
  type Row = Record<"id" | "terms" | "madeAt" | "settings", string> & Record<"connectedAt" | "endedAt" | "removedAt", string | null>;
  const { results } = await d1.withSession("first-primary").prepare(query).bind(JSON.stringify(ids)).all<Row>();
  const since = timestamp(nowMs - WAITS_MS);
  return new Map(
    results.map(({ id, terms, madeAt, settings, connectedAt, endedAt, removedAt }) => {
      const isOver = endedAt !== null || removedAt !== null || grantTerms(JSON.parse(settings) as ServerSettings) !== terms;
      if (isOver || (connectedAt === null && madeAt <= since)) return [id, "over"];
      return [id, connectedAt === null ? "waits" : "stands"];
    }),
  );
}

/** What was signed for waits, of a server that is there, just as it was signed. */
const connectionWaits = ({ id, serverId, owner, issuer, account }: SignedGrant): Query =>
  condition(
    "connection_waits",
    `EXISTS (SELECT 1 FROM server_grant AS g JOIN server ON server.id = g.server_id WHERE g.id = ?1 AND g.server_id = ?2 AND g.owner IS ?3
      AND g.issuer = ?4 AND g.account IS ?5 AND g.connected_at IS NULL AND g.ended_at IS NULL AND server.removed_at IS NULL)`,
    id,
    serverId,
    owner,
    issuer,
    account,
  );

/** The one before of the same whom it is for goes. */
const connected = ({ id, serverId, owner }: SignedGrant, at: string, leafIndex: number): Query[] => [
  {
    sql: "UPDATE server_grant SET ended_at = ?4 WHERE server_id = ?1 AND owner IS ?2 AND id <> ?3 AND connected_at IS NOT NULL AND ended_at IS NULL",
    params: [serverId, owner, id, at],
  },
  { sql: "UPDATE server_grant SET connected_at = ?2, leaf_index = ?3 WHERE id = ?1", params: [id, at, leafIndex] },
];

/** The passkey that signed (b64u) is the owner's, and not revoked. */
const signerStands = (personId: string | null, credentialId: string): Query =>
  condition(
    "signer_stands",
    "EXISTS (SELECT 1 FROM passkey WHERE person_id = ?1 AND credential_id = ?2 AND revoked_at IS NULL)",
    personId,
    credentialId,
  );

/** The statements of an effect, for the batch of its leaf. */
export function connectionQueries(effect: ConnectionEffect, place: Place): Query[] {
  switch (effect.kind) {
    case "server-connected":
      return [
        connectionWaits(effect.grant),
        ...authorised(effect.authorised, place),
        ...connected(effect.grant, effect.at, place.leafIndex),
      ];
    case "account-connected":
      return [
        connectionWaits(effect.grant),
        signerStands(effect.grant.owner, effect.credentialId),
        ...spent(effect.spends, place),
        ...connected(effect.grant, effect.at, place.leafIndex),
      ];
    case "server-disconnected":
      return [{ sql: "UPDATE server_grant SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL", params: [effect.id, effect.at] }];
  }
}

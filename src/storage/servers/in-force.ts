/** The servers in force with what of them was accepted, in D1 (d1-migrations/0015), read of one moment in one trip. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { within } from "#config/within.ts";
import type { AcceptedTool, ServerGrant, ServerInForce, ServersInForce, ServerSettings } from "#rules/calls/server-settings.ts";
import { ServersMemory } from "#rules/calls/servers-memory.ts";

const SERVERS = `
  SELECT gate.epoch, server.id, server.settings, server.credential, server.number, server.drifted, server.unaccepted,
    (SELECT json_group_array(json_object('id', g.id, 'owner', g.owner, 'account', g.account, 'terms', g.terms)) FROM server_grant AS g
      WHERE g.server_id = server.id AND g.ended_at IS NULL AND g.connected_at IS NOT NULL) AS grants
  FROM gate LEFT JOIN server ON server.removed_at IS NULL ORDER BY server.created_at, server.id`;
const TOOLS = `
  SELECT server_tool.server_id AS serverId, server_tool.name, server_tool.pin, server_tool.definition
  FROM server CROSS JOIN server_tool ON server_tool.server_id = server.id WHERE server.removed_at IS NULL`;

interface StoredServer {
  epoch: number;
  /** Null in the one row that there is where no server is. */
  id: string | null;
  settings: string;
  credential: string | null;
  number: number;
  drifted: string;
  unaccepted: string;
  grants: string;
}
interface StoredTool {
  serverId: string;
  name: string;
  pin: string;
  definition: string;
}

/** What was accepted, by its pin: the same bytes are neither hashed nor parsed again in this isolate. */
const checked = new Map<string, { text: string; definition: JsonObject }>();
const MOST_CHECKED = 5_000;

/** Null if it is not what its pin says: then it is not accepted. */
function acceptedFrom({ name, pin, definition: text }: StoredTool): AcceptedTool | null {
  const known = checked.get(pin);
  if (known?.text === text) return { name, pin, definition: known.definition };
  if (hex(sha256(utf8(text))) !== pin) return null;
  const definition = JSON.parse(text) as JsonObject;
  if (definition["name"] !== name) return null;
  if (checked.size >= MOST_CHECKED) checked.clear();
  checked.set(pin, { text, definition });
  return { name, pin, definition };
}

/** From the primary. */
async function read(d1: D1Database): Promise<ServersInForce> {
  const session = d1.withSession("first-primary");
  const [servers, tools] = await session.batch([session.prepare(SERVERS), session.prepare(TOOLS)]);
  const rows = (servers?.results ?? []) as unknown as StoredServer[];
  const [first] = rows;
  if (first === undefined || tools === undefined) throw new Error("the database does not say which servers are in force");
  const accepted = new Map<string, AcceptedTool[]>();
  for (const row of tools.results as unknown as StoredTool[]) {
    const tool = acceptedFrom(row);
    if (tool !== null) accepted.set(row.serverId, [...(accepted.get(row.serverId) ?? []), tool]);
  }
  const inForce = rows.flatMap((row): ServerInForce[] => {
    if (row.id === null) return [];
    return [
      {
        settings: JSON.parse(row.settings) as ServerSettings,
        credential: row.credential,
        grants: JSON.parse(row.grants) as ServerGrant[],
        number: row.number,
        accepted: accepted.get(row.id) ?? [],
        drifted: JSON.parse(row.drifted) as string[],
        unaccepted: JSON.parse(row.unaccepted) as string[],
      },
    ];
  });
  return { epoch: first.epoch, servers: inForce };
}

const memory = new ServersMemory();

/** Who waits for longer is told that it cannot be known, and whoever comes next reads anew. */
const PATIENCE_MS = 5_000;

/** The servers of this epoch, or those in force now if that is another; this isolate remembers them. Throws if that cannot be known. */
export const serversOf = (d1: D1Database, epoch: number): Promise<ServersInForce> => memory.of(epoch, () => within(PATIENCE_MS, read(d1)));

/** Those in force now, whatever is remembered. */
export const serversNow = (d1: D1Database): Promise<ServersInForce> => within(PATIENCE_MS, read(d1));

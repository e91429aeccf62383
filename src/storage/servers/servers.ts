/** Servers in D1 (d1-migrations/0015) as they are listed, changed and looked into. What is judged by is in-force.ts. */
import { and, asc, desc, eq, isNull } from "drizzle-orm";
import type { KnownTools, ServerHealth, StandingServer } from "#gate/servers/server-drafts.ts";
import { prepare } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { forgetDraftsOf } from "./server-effects.ts";
import { server, serverHealth, serverListed, serverTool } from "./server-tables.ts";

/** Its id comes first: where that is null there is none. */
const health = {
  serverId: serverHealth.serverId,
  listedAt: serverHealth.listedAt,
  era: serverHealth.era,
  protocolVersion: serverHealth.protocolVersion,
  serverInfo: serverHealth.serverInfo,
  lastSuccessAt: serverHealth.lastSuccessAt,
  lastError: serverHealth.lastError,
  lastErrorAt: serverHealth.lastErrorAt,
  latencyMs: serverHealth.latencyMs,
};

type StoredServer = typeof server.$inferSelect;

const standing = ({ settings, credential, number, acceptances, drifted, removedAt }: StoredServer): StandingServer => ({
  settings,
  credential,
  number,
  acceptances,
  drifted,
  isRemoved: removedAt !== null,
});

/** Those that are not removed, the oldest first. */
export const standingServers = async (d1: D1Database): Promise<StandingServer[]> =>
  (await primary(d1).select().from(server).where(isNull(server.removedAt)).orderBy(asc(server.createdAt), asc(server.id)).all()).map(
    standing,
  );

/** The server of that id, removed or not; null if there never was one. */
export async function serverById(d1: D1Database, id: string): Promise<StandingServer | null> {
  const found = await primary(d1).select().from(server).where(eq(server.id, id)).get();
  return found === undefined ? null : standing(found);
}

/** The one that is called so, or was last; null if none ever was. */
export async function serverNamed(d1: D1Database, name: string): Promise<StandingServer | null> {
  const named = primary(d1).select().from(server).where(eq(server.name, name));
  // Null comes first: one that stands before those that are removed.
  const found = await named.orderBy(asc(server.removedAt), desc(server.createdAt)).get();
  return found === undefined ? null : standing(found);
}

/** A server with everything that is known of it but its tools. */
export interface ListedServer {
  server: StoredServer;
  health: ServerHealth | null;
}

/** Those that are not removed, the oldest first. */
export const listServers = (d1: D1Database): Promise<ListedServer[]> =>
  primary(d1)
    .select({ server, health })
    .from(server)
    .leftJoin(serverHealth, eq(serverHealth.serverId, server.id))
    .where(isNull(server.removedAt))
    .orderBy(asc(server.createdAt), asc(server.id))
    .all();

/** What was accepted of a server and what it was last seen to list, by name. */
export async function knownTools(d1: D1Database, serverId: string): Promise<KnownTools> {
  const database = primary(d1);
  const { name, pin, definition } = serverTool;
  const [accepted, listed] = await database.batch([
    database.select({ name, pin, definition }).from(serverTool).where(eq(serverTool.serverId, serverId)).orderBy(asc(name)),
    database
      .select({
        name: serverListed.name,
        problem: serverListed.problem,
        message: serverListed.message,
        pin: serverListed.pin,
        definition: serverListed.definition,
      })
      .from(serverListed)
      .where(eq(serverListed.serverId, serverId))
      .orderBy(asc(serverListed.name)),
  ]);
  return { accepted, listed };
}

/** The credential is kept no more, and nothing that was drafted or signed with it brings it back. */
export async function forgetCredential(d1: D1Database, serverId: string): Promise<void> {
  const forget = primary(d1)
    .update(server)
    .set({ credential: null })
    .where(and(eq(server.id, serverId), isNull(server.removedAt)))
    .toSQL();
  await d1.batch([forget, ...forgetDraftsOf(serverId)].map((query) => prepare(d1, query)));
}
